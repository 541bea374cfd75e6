import Synchronization
import Text

/// A stand-in for Cloud Build, v1: it takes builds, checks them, and enters their images into Artifact Registry.
///
/// Nothing is built. A build is QUEUED, then WORKING, then SUCCESS, or FAILURE when an image cannot be pushed. Its log is the
/// object `log-ID.txt` beside the source. gcloud would fetch a log from storage.googleapis.com, whatever its settings are, so
/// each build says that its logging is NONE: then gcloud only waits for the end.
public final class CloudBuildService: SandboxService {
    /// Runs a job in so many milliseconds.
    public typealias Schedule = @Sendable (_ milliseconds: Int, _ job: @escaping @Sendable () -> Void) -> Void

    /// `cloudbuild`.
    public let name = "cloudbuild"
    let project: CloudProject
    private let storage: StorageService
    private let registry: ArtifactRegistryService
    private let schedule: Schedule
    private let builds = Mutex<[String: StoredBuild]>([:])

    private static let contract = Result { try ContractValidator(PackageResources.cloudbuild_json) }

    /// A service without builds; sources and logs are in `storage`, images in `registry`.
    public init(
        project: CloudProject,
        storage: StorageService,
        registry: ArtifactRegistryService,
        schedule: @escaping Schedule
    ) {
        self.project = project
        self.storage = storage
        self.registry = registry
        self.schedule = schedule
    }
}

extension CloudBuildService: ProjectService {
    var api: (name: String, title: String) { ("cloudbuild.googleapis.com", "Cloud Build API") }

    static var permissions: [String: String] {
        let verbs = ["create": "create", "get": "get", "list": "list", "cancel": "update"]
        var permissions = [
            "cloudbuild.operations.get": "cloudbuild.builds.get",
            "cloudbuild.projects.locations.operations.get": "cloudbuild.builds.get",
        ]
        for (verb, permission) in verbs {
            for parent in ["projects", "projects.locations"] {
                permissions["cloudbuild.\(parent).builds.\(verb)"] = "cloudbuild.builds.\(permission)"
            }
        }
        return permissions
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    func perform(_ call: JSONCall) throws -> JSONValue {
        let project = call.path("projectId")
        guard project.isEmpty || self.project.isNamed(project) else {
            throw Refusal.rpc(403, "The caller does not have permission")
        }
        switch call.method.split(separator: ".").suffix(2).joined(separator: ".") {
        case "builds.create": return try create(call)
        case "builds.get": return try build(call).json
        case "builds.list": return try list(call)
        case "builds.cancel": return try cancel(call)
        case "operations.get":
            let all = builds.withLock { Array($0.values) }
            guard let build = all.first(where: { operationName($0) == call.path("name") }) else {
                throw Refusal.entityNotFound
            }
            return operation(build)
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    // MARK: requests

    /// `global` unless the path names another.
    private func location(_ call: JSONCall) -> String {
        let parts = (call.path("parent") + call.path("name")).split(separator: "/").map(String.init)
        return parts.count > 3 ? parts[3] : "global"
    }

    private func build(_ call: JSONCall) throws -> StoredBuild {
        let named = call.path("id")
        let id = named.isEmpty ? call.path("name").split(separator: "/").last.map(String.init) ?? "" : named
        guard let build = builds.withLock({ $0[id] }), build.location == location(call) else {
            throw Refusal.entityNotFound
        }
        return build
    }

    private func create(_ call: JSONCall) throws -> JSONValue {
        let location = location(call)
        let id = newID()
        let builtIn = [
            "PROJECT_ID": project.id, "PROJECT_NUMBER": String(project.number), "BUILD_ID": id, "LOCATION": location,
        ]
        let request = try BuildRequest(call.body?.object ?? [:], builtIn: builtIn)
        try checkBuilder(call, request.source)
        var fields = request.fields
        let source = try resolve(request.source)
        fields["name"] = .string("projects/\(project.number)/locations/\(location)/builds/\(id)")
        fields["id"] = .string(id)
        fields["projectId"] = .string(project.id)
        fields["status"] = "QUEUED"
        fields["createTime"] = .string(Clock.rfc3339(Clock.microseconds()))
        if fields["timeout"] == nil { fields["timeout"] = "3600s" }
        if fields["queueTtl"] == nil { fields["queueTtl"] = "3600s" }
        if fields["logsBucket"] == nil {
            fields["logsBucket"] = .string("gs://\(request.source?.bucket ?? "\(project.id)_cloudbuild")")
        }
        var options = fields["options"]?.object ?? [:]
        options["logging"] = "NONE"
        fields["options"] = .object(options)
        if let source { fields["sourceProvenance"] = ["resolvedStorageSource": source] }
        fields["logUrl"] = .string("\(fields["logsBucket"]?.string ?? "")/log-\(id).txt")
        let build = builds.withLock { [fields] builds in
            let build = StoredBuild(
                id: id,
                location: location,
                number: builds.count,
                request: request,
                fields: fields
            )
            builds[id] = build
            return build
        }
        schedule(100) { [weak self] in self?.begin(id) }
        schedule(1_200) { [weak self] in self?.finish(id) }
        return operation(build)
    }

    /// Refuses where the account that builds may not be used, or may not read the source.
    private func checkBuilder(_ call: JSONCall, _ source: BuildRequest.Source?) throws {
        guard project.buildsAsComputeAccount else { return }
        let account = project.serviceAccount
        let grant = project.tokens.grant(for: call.request.headers["Authorization"])
        guard project.allows("iam.serviceAccounts.actAs", grant) else {
            throw Refusal.rpc(
                403,
                "caller does not have permission to act as service account projects/\(project.id)/serviceAccounts/\(account)"
            )
        }
        guard let source, let denial = storage.denial(of: "storage.objects.get", in: source.bucket, account: account)
        else { return }
        throw Refusal.rpc(400, "could not resolve source: googleapi: Error 403: \(denial), forbidden")
    }

    private func resolve(_ source: BuildRequest.Source?) throws -> JSONValue? {
        guard let source else { return nil }
        do {
            let found = try storage.store.object(source.object, in: source.bucket, generation: source.generation)
            return [
                "bucket": .string(found.bucket), "object": .string(found.name),
                "generation": .string(String(found.generation)),
            ]
        } catch is Refusal {
            let name = "\(source.bucket)/\(source.object)\(source.generation.map { "#\($0)" } ?? "")"
            throw Refusal.rpc(
                400,
                "could not resolve source: googleapi: Error 404: No such object: \(name), notFound"
            )
        }
    }

    private func list(_ call: JSONCall) throws -> JSONValue {
        let filter = call.parameter("filter") ?? ""
        let wanted = try filter.isEmpty ? nil : Self.statuses(in: filter)
        let location = location(call)
        let all = builds.withLock { builds in
            builds.values.filter { $0.location == location && wanted?.contains($0.status) != false }
                .sorted { $0.number > $1.number }.map(\.json)
        }
        let (part, next) = try page(all, call, size: 100, limit: 1_000)
        var json: JSONObject = [:]
        if !part.isEmpty { json["builds"] = .array(Array(part)) }
        json["nextPageToken"] = next.map(JSONValue.string)
        return .object(json)
    }

    /// The states in `status="WORKING" OR status="QUEUED"`, which is what gcloud's --ongoing asks for.
    private static func statuses(in filter: String) throws -> Set<String> {
        let start = "status=\""
        return try Set(
            filter.split(separator: " OR ").map { term in
                let term = term.drop { $0 == "(" || $0 == " " }
                guard term.hasPrefix(start), let end = term.lastIndex(of: "\"") else {
                    throw Refusal.rpc(501, "The sandbox filters builds by status only, not by \(filter)")
                }
                return String(term[..<end].dropFirst(start.count))
            }
        )
    }

    private func cancel(_ call: JSONCall) throws -> JSONValue {
        let id = try build(call).id
        return try builds.withLock { builds in
            guard var build = builds[id], !build.isOver else {
                let status = builds[id]?.status ?? ""
                throw Refusal.rpc(
                    400,
                    "Cannot cancel build \(id) in state \(status).",
                    word: "FAILED_PRECONDITION"
                )
            }
            build.move(to: "CANCELLED")
            builds[id] = build
            return build.json
        }
    }

    // MARK: operations

    private func operationName(_ build: StoredBuild) -> String {
        "operations/build/\(project.id)/\(base64(Array(build.id.utf8)))"
    }

    private func operation(_ build: StoredBuild) -> JSONValue {
        let types = "type.googleapis.com/google.devtools.cloudbuild.v1."
        var json: JSONObject = [
            "name": .string(operationName(build)),
            "metadata": ["@type": .string("\(types)BuildOperationMetadata"), "build": build.json],
        ]
        guard build.isOver else { return .object(json) }
        json["done"] = true
        if build.status == "SUCCESS" {
            var response: JSONObject = ["@type": .string("\(types)Build")]
            for field in build.fields.members { response[field.key] = field.value }
            json["response"] = .object(response)
        } else {
            let detail = build.fields["statusDetail"]?.string ?? "Build \(build.id) ended with \(build.status)"
            json["error"] = ["code": build.status == "CANCELLED" ? 1 : 2, "message": .string(detail)]
        }
        return .object(json)
    }

    // MARK: life

    private func begin(_ id: String) {
        builds.withLock { builds in
            if builds[id]?.status == "QUEUED" { builds[id]?.move(to: "WORKING") }
        }
    }

    private func finish(_ id: String) {
        builds.withLock { builds in
            guard var build = builds[id], build.status == "WORKING" else { return }
            var log = build.log
            if !build.request.images.isEmpty { log += "PUSH\n" }
            var pushed: [JSONValue] = []
            var problem: (type: String, detail: String)?
            for name in build.request.images {
                log += "Pushing \(name)\n"
                do throws(PushProblem) {
                    let digest = try registry.push(name, content: id)
                    pushed.append(["name": .string(name), "digest": .string(digest)])
                } catch {
                    problem = (error.isDenied ? "PUSH_NOT_AUTHORIZED" : "PUSH_FAILED", error.detail)
                    break
                }
            }
            if let problem {
                build.move(to: "FAILURE")
                build.fields["statusDetail"] = .string(problem.detail)
                build.fields["failureInfo"] = ["type": .string(problem.type), "detail": .string(problem.detail)]
                log += "ERROR: \(problem.detail)\n"
            } else {
                build.move(to: "SUCCESS")
                build.fields["results"] = ["images": .array(pushed)]
                log += "DONE\n"
            }
            write(log, of: build)
            builds[id] = build
        }
    }

    private func write(_ log: String, of build: StoredBuild) {
        let place = (build.fields["logsBucket"]?.string ?? "").split(separator: "/").map(String.init)
        let path = place.first == "gs:" ? Array(place.dropFirst()) : place
        guard let bucket = path.first else { return }
        let name = (path.dropFirst() + ["log-\(build.id).txt"]).joined(separator: "/")
        // As with the real one, a build does not depend on whether its log can be kept.
        try? storage.createBucket(bucket)
        try? storage.put(Array(log.utf8), as: name, in: bucket)
    }

    private func newID() -> String {
        let digits = hex(
            [UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)].flatMap { number in
                withUnsafeBytes(of: number) { Array($0) }
            }
        )
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }
}
