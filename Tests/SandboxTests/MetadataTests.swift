import Dispatch
@testable import Sandbox
import Testing
import Text

@Suite struct MetadataTests {
    private let project = CloudProject()
    private let service: MetadataService
    private let recorder = Recorder()
    private let server: SandboxServer
    private let client: TestClient
    private let root = "/computeMetadata/v1/"

    init() throws {
        var record = BootRecord.sample
        record.metadata["startup-script"] = "exec true"
        service = MetadataService(record, tokens: project.tokens)
        server = try SandboxServer(service: service, recorder: recorder)
        client = try TestClient(server)
    }

    private func get(_ path: String) throws -> Answer {
        try client.call("GET", root + path, ["Metadata-Flavor": "Google"])
    }

    @Test(arguments: [
        ("instance/name", "tick-data-vm-7"), ("instance/id", "42"), ("project/project-id", "central-element-323112"),
        ("project/numeric-project-id", "1060025368044"),
        ("instance/zone", "projects/1060025368044/zones/asia-northeast1-a"),
        ("instance/machine-type", "projects/1060025368044/machineTypes/e2-highmem-2"),
        ("instance/attributes/tick-shards", "60"), ("instance/attributes/startup-script", "exec true"),
        ("instance/preempted", "FALSE"), ("instance/scheduling/preemptible", "TRUE"),
        ("instance/service-accounts/default/email", "sa@example.com"),
        ("instance/attributes/", "startup-script\ntick-shards\n"),
        ("instance/service-accounts/", "default/\nsa@example.com/\n"),
        ("instance/attributes/?recursive=true", #"{"startup-script":"exec true","tick-shards":"60"}"#),
        ("instance/attributes/?recursive=true&alt=text", "startup-script exec true\ntick-shards 60\n"),
        ("instance/name?alt=json", #""tick-data-vm-7""#),
        (
            "instance/service-accounts/default/?recursive=true",
            #"{"aliases":["default"],"email":"sa@example.com","scopes":["https://www.googleapis.com/auth/cloud-platform"]}"#
        ),
    ])
    func valuesAreThere(path: String, text: String) throws {
        let answer = try get(path)
        #expect(answer.status == 200)
        #expect(answer.text == text)
        #expect(answer.headers["metadata-flavor"] == "Google")
        #expect(answer.headers["etag"]?.isEmpty == false)
    }

    @Test func namesAreInCamelCaseInJSON() throws {
        let json = try get("?recursive=true").json
        #expect(json["instance"]?["machineType"] != nil && json["instance"]?["serviceAccounts"]?["default"] != nil)
        #expect(json["project"]?["numericProjectId"] == 1_060_025_368_044)
    }

    @Test func theHeaderIsRequired() throws {
        #expect(try client.call("GET", "/").text == "computeMetadata/\n")
        #expect(recorder.violations.isEmpty)
        let answer = try client.call("GET", "\(root)instance/name")
        #expect(answer.status == 403)
        #expect(recorder.violations.count == 1)
    }

    @Test func foldersAndStrangersAreToldApart() throws {
        let folder = try get("instance/attributes")
        #expect(folder.status == 301 && folder.headers["location"]?.hasSuffix("/instance/attributes/") == true)
        for path in ["instance/name/", "instance/attributes/none", "instance/names", "other"] {
            #expect(try get(path).status == 404)
        }
    }

    @Test func tokensAreTaken() throws {
        let answer = try get("instance/service-accounts/default/token").json
        let grant = project.tokens.grant(for: "Bearer \(answer["access_token"]?.string ?? "")")
        #expect(grant?.isMachine == true && grant?.account == "sa@example.com")
        #expect(grant?.scopes == [AccessTokens.cloudPlatform])
        #expect(try get("instance/service-accounts/other/token").status == 404)
        let fewer = try get("instance/service-accounts/default/token?scopes=x").json["access_token"]?.string ?? ""
        #expect(project.tokens.grant(for: "Bearer \(fewer)")?.scopes == [])
    }

    @Test func preemptionIsToldToThoseWhoWait() throws {
        let etag = try get("instance/preempted").headers["etag"] ?? ""
        let path = "instance/preempted?wait_for_change=true"
        #expect(try get("\(path)&timeout_sec=0&last_etag=\(etag)").text == "FALSE")
        #expect(try get("\(path)&last_etag=0").text == "FALSE")  // another than the present one: at once
        try client.send(
            raw: "GET \(root)\(path)&last_etag=\(etag) HTTP/1.1\r\nHost: x\r\nMetadata-Flavor: Google\r\n\r\n"
        )
        service.preempt()
        #expect(try client.readAnswer().text == "TRUE")
        #expect(try get("instance/preempted").headers["etag"] != etag)
        #expect(try get("\(path)&last_etag=\(etag)").text == "TRUE")
    }

    @Test func whoWaitsDoesNotKeepTheServer() throws {
        try client.send(
            raw: "GET \(root)instance/name?wait_for_change=true HTTP/1.1\r\nHost: x\r\nMetadata-Flavor: Google\r\n\r\n"
        )
        service.close()
        #expect(try client.readAnswer().text == "tick-data-vm-7")
        server.stop()
    }

    @Test func aVMWithoutAccountHasNoToken() throws {
        var record = BootRecord.sample
        record.serviceAccount = nil
        let server = try SandboxServer(service: MetadataService(record, tokens: project.tokens), recorder: recorder)
        defer { server.stop() }
        let path = "\(root)instance/service-accounts/default/token"
        #expect(try TestClient(server).call("GET", path, ["Metadata-Flavor": "Google"]).status == 404)
    }
}

extension BootRecord {
    /// A VM for tests.
    static var sample: BootRecord {
        BootRecord(
            project: "central-element-323112",
            projectNumber: 1_060_025_368_044,
            zone: "asia-northeast1-a",
            name: "tick-data-vm-7",
            id: 42,
            machineType: "e2-highmem-2",
            metadata: ["tick-shards": "60"],
            serviceAccount: "sa@example.com",
            scopes: [AccessTokens.cloudPlatform],
            isPreemptible: true
        )
    }
}
