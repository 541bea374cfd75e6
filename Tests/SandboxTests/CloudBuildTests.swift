@testable import Sandbox
import Synchronization
import Testing
import Text

private let project = "central-element-323112"
private let builds = "/v1/projects/\(project)/locations/global/builds"
private let image = "asia-northeast1-docker.pkg.dev/\(project)/market-tick-handler/market-tick-data-handler"
private let tags =
    "/v1/projects/\(project)/locations/asia-northeast1/repositories/market-tick-handler/packages/market-tick-data-handler/tags"

/// Jobs that run when the test says so.
private final class Jobs: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    func add(_ milliseconds: Int, _ job: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(job) } }

    func runNext() {
        let job = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        job?()
    }
}

@Suite struct CloudBuildTests {
    private let test: TestWorld
    private let jobs = Jobs()
    private let server: SandboxServer
    private let client: ControlClient
    private let generation: Int

    init() throws {
        test = try TestWorld { $0.images = ImageReference(image).map { [$0] } ?? [] }
        try test.world.storage.put(Array("source".utf8), as: "source/s.tgz", in: "market")
        generation = try test.world.storage.store.object("source/s.tgz", in: "market").generation
        let jobs = jobs
        let service = CloudBuildService(
            project: test.world.project,
            storage: test.world.storage,
            registry: test.world.artifactRegistry
        ) { jobs.add($0, $1) }
        server = try SandboxServer(
            service: service,
            port: 0,
            recorder: test.world.recorder,
            faults: test.world.faults
        )
        client = try test.control(server)
    }

    private func body(_ changes: JSONObject = [:]) -> JSONValue {
        let source: JSONValue = [
            "bucket": "market", "object": "source/s.tgz", "generation": .string(String(generation)),
        ]
        var body: JSONObject = [
            "source": ["storageSource": source], "substitutions": ["_IMAGE": .string(image)],
            "steps": [["name": "gcr.io/cloud-builders/docker", "id": "first", "args": ["build", "${_IMAGE}", "$$x"]]],
            "images": ["${_IMAGE}:$BUILD_ID", "$_IMAGE:latest"],
        ]
        for field in changes.members { body[field.key] = field.value }
        return .object(body)
    }

    private func start(_ changes: JSONObject = [:]) throws -> (operation: String, build: JSONValue) {
        let answer = try client.post(builds, body(changes)).json
        return (answer["name"]?.string ?? "", try #require(answer["metadata"]?["build"], "\(answer.text)"))
    }

    @Test func aBuildRunsToItsEndAndItsImagesAreThere() throws {
        let (operation, build) = try start()
        let id = try #require(build["id"]?.string)
        #expect(build["status"] == "QUEUED" && build["options"]?["logging"] == "NONE")
        #expect(build["images"] == [.string("\(image):\(id)"), .string("\(image):latest")])
        #expect(build["steps"]?.array?.first?["args"] == ["build", .string(image), "$x"])
        #expect(try client.get("/v1/\(operation)").json["done"] == nil)
        jobs.runNext()
        #expect(try client.get("\(builds)/\(id)").json["status"] == "WORKING")
        let registry = try test.control(test.world.artifactRegistryServer)
        #expect(try registry.get("\(tags)/\(id)").status == 404)
        let before = try registry.get("\(tags)/latest").json["version"]
        jobs.runNext()
        let done = try client.get("/v1/projects/\(project)/builds/\(id)").json
        #expect(done["status"] == "SUCCESS" && done["results"]?["images"]?.array?.count == 2)
        #expect(try client.get("/v1/\(operation)").json["response"]?["status"] == "SUCCESS")
        let version = try registry.get("\(tags)/\(id)").json["version"]
        #expect(try registry.get("\(tags)/latest").json["version"] == version && version != before)
        let (_, log) = try test.world.storage.store.open("log-\(id).txt", in: "market", generation: nil)
        #expect(log.size > 0)
        #expect(test.violations.isEmpty)
    }

    @Test func aPushNeedsItsRepository() throws {
        let other = image.replacing("market-tick-handler", with: "another")
        let (operation, build) = try start(["substitutions": ["_IMAGE": .string(other)]])
        jobs.runNext()
        jobs.runNext()
        let done = try client.get("\(builds)/\(build["id"]?.string ?? "")").json
        #expect(done["status"] == "FAILURE" && done["failureInfo"]?["type"] == "PUSH_FAILED")
        #expect(done["failureInfo"]?["detail"]?.string?.contains("Repository \"another\" not found") == true)
        #expect(try client.get("/v1/\(operation)").json["error"]?["code"] == 2)
    }

    @Test func buildsAreListedNewestFirstAndCancelled() throws {
        let (first, second) = (try start().build["id"]?.string ?? "", try start().build["id"]?.string ?? "")
        let ids = try client.get(builds).json["builds"]?.array?.compactMap { $0["id"]?.string }
        #expect(ids == [second, first])
        #expect(try client.post("\(builds)/\(first):cancel").json["status"] == "CANCELLED")
        #expect(try client.post("\(builds)/\(first):cancel").errorWord == "FAILED_PRECONDITION")
        let filter = "filter=status%3D%22WORKING%22%20OR%20status%3D%22QUEUED%22"
        #expect(try client.get("\(builds)?\(filter)").json["builds"]?.array?.count == 1)
        #expect(try client.get("\(builds)/nothing").status == 404)
        #expect(test.violations.isEmpty)
    }

    @Test(
        arguments: [
            (["substitutions": [:]], "key in the template \"_IMAGE\" is not matched in the substitution data"),
            (
                ["substitutions": ["_IMAGE": .string(image), "_MORE": "x"]],
                "key \"_MORE\" in the substitution data is not matched in the template"
            ),
            (["images": ["$_IMAGE:$SHORT_SHA"]], "invalid image name \"\(image):\""),
            (["images": ["$_IMAGE:$NONSENSE"]], "\"NONSENSE\" is not a valid built-in substitution"),
            (
                ["steps": [["name": "a", "args": ["$_IMAGE"], "waitFor": ["later"]], ["name": "b", "id": "later"]]],
                "later"
            ),
            (["steps": []], "must have at least one build step"),
            (["source": ["storageSource": ["bucket": "market", "object": "none"]]], "could not resolve source"),
            (
                ["source": ["storageSource": ["bucket": "market", "object": "source/s.tgz", "generation": "1"]]],
                "could not resolve source"
            ),
            (["timeout": "90000s"], "invalid timeout"),
        ] as [(JSONObject, String)]
    )
    func whatCloudBuildRefusesIsRefused(changes: JSONObject, message: String) throws {
        let answer = try client.post(builds, body(changes))
        #expect(answer.status == 400 && answer.message.contains(message), "\(answer.text)")
        #expect(test.violations.isEmpty)
        #expect(try client.get(builds).json["builds"] == nil)
    }

    @Test(
        arguments: [
            ["nonsense": 1], ["status": "SUCCESS"], ["options": ["machineType": "HUGE"]],
        ] as [JSONObject]
    )
    func whatIsNotInTheContractIsABreach(changes: JSONObject) throws {
        #expect(try client.post(builds, body(changes)).status == 400)
        #expect(test.violations.count == 1)
    }

    @Test func looseBuildsTakeWhatDoesNotMatch() throws {
        let loose = try start([
            "options": ["substitutionOption": "ALLOW_LOOSE"],
            "substitutions": ["_IMAGE": .string(image), "_MORE": "x"],
        ])
        #expect(loose.build["status"] == "QUEUED")
    }

    @Test func apiAndPermissionAreAskedFor() throws {
        test.world.project.deny("cloudbuild.builds.create")
        #expect(try client.post(builds, body()).reason == "IAM_PERMISSION_DENIED")
        test.world.project.setEnabled("cloudbuild.googleapis.com", false)
        #expect(try client.get(builds).reason == "SERVICE_DISABLED")
        #expect(try client.post("/v1/projects/somebody-elses/builds", body()).status == 403)
    }

    @Test func inNewProjectsTheComputeAccountBuildsAndMayNotPush() throws {
        let project = CloudProject(buildsAsComputeAccount: true)
        let test = try TestWorld {
            $0.project = project
            $0.images = ImageReference(image).map { [$0] } ?? []
        }
        try test.world.storage.put(Array("source".utf8), as: "source/s.tgz", in: "market")
        let jobs = Jobs()
        let service = CloudBuildService(
            project: project,
            storage: test.world.storage,
            registry: test.world.artifactRegistry
        ) { jobs.add($0, $1) }
        let server = try SandboxServer(service: service, recorder: test.world.recorder)
        defer { server.stop() }
        let client = try test.control(server)
        func build() throws -> Answer {
            let source: JSONValue = ["storageSource": ["bucket": "market", "object": "source/s.tgz"]]
            let steps: JSONValue = [["name": "gcr.io/cloud-builders/docker"]]
            return try client.post(builds, ["source": source, "steps": steps, "images": [.string(image)]])
        }
        let unread = try build()
        #expect(unread.status == 400)
        #expect(
            unread.message
                == "could not resolve source: googleapi: Error 403: \(project.serviceAccount) does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist)., forbidden"
        )
        try test.grant("roles/storage.objectAdmin")
        try test.grant("roles/artifactregistry.reader")
        func end() throws -> JSONValue {
            let id = try #require(try build().json["metadata"]?["build"]?["id"]?.string)
            jobs.runNext()
            jobs.runNext()
            return try client.get("\(builds)/\(id)").json
        }
        let denied = try end()
        #expect(denied["status"] == "FAILURE" && denied["failureInfo"]?["type"] == "PUSH_NOT_AUTHORIZED")
        #expect(
            denied["statusDetail"]?.string?.contains(
                "denied: Permission \"artifactregistry.repositories.uploadArtifacts\" denied on resource"
            ) == true
        )
        try test.grant("roles/cloudbuild.builds.builder")
        #expect(try end()["status"] == "SUCCESS")
        project.deny("iam.serviceAccounts.actAs")
        let forbidden = try build()
        #expect(forbidden.status == 403 && forbidden.errorWord == "PERMISSION_DENIED")
        #expect(forbidden.message.hasPrefix("caller does not have permission to act as service account projects/"))
        #expect(test.violations.isEmpty)
    }
}
