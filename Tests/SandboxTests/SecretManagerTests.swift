@testable import Sandbox
import Testing
import Text

private let secrets = "/v1/projects/central-element-323112/secrets"
private let numbered = "projects/1060025368044/secrets"

@Suite struct SecretManagerTests {
    private let test: TestWorld
    private let client: ControlClient

    init() throws {
        test = try TestWorld()
        test.world.project.setEnabled("secretmanager.googleapis.com", true)
        client = try test.control(test.world.secretManagerServer)
    }

    @discardableResult
    private func make(_ id: String = "key") throws -> Answer {
        try client.post("\(secrets)?secretId=\(id)", ["replication": ["automatic": [:]]])
    }

    @discardableResult
    private func add(_ text: String, crc: String? = nil, to id: String = "key") throws -> Answer {
        let bytes = Array(text.utf8)
        let payload: JSONValue = [
            "data": .string(base64(bytes)), "dataCrc32c": .string(crc ?? String(crc32c(bytes))),
        ]
        return try client.post("\(secrets)/\(id):addVersion", ["payload": payload])
    }

    private func read(_ version: String = "latest") throws -> Answer {
        try client.get("\(secrets)/key/versions/\(version):access")
    }

    @Test func aSecretIsMadeFilledAndRead() throws {
        #expect(try make().json["name"] == .string("\(numbered)/key"))
        #expect(try make().status == 409)
        #expect(try read().status == 404)
        #expect(try add("first").json["name"] == .string("\(numbered)/key/versions/1"))
        try add("second")
        #expect(try read().json["name"] == .string("\(numbered)/key/versions/2"))
        let payload = try read("1").json["payload"]
        #expect(payload?["data"]?.string.flatMap(decodedBase64) == Array("first".utf8))
        #expect(payload?["dataCrc32c"] == .string(String(crc32c(Array("first".utf8)))))
        #expect(try client.get("\(secrets)/key/versions").json["versions"]?.array?.count == 2)
        #expect(try client.get(secrets).json["secrets"]?.array?.count == 1)
        #expect(try read("3").status == 404)
        #expect(try client.delete("\(secrets)/key").status == 200)
        #expect(try client.get("\(secrets)/key").status == 404)
        #expect(test.violations.isEmpty)
    }

    @Test func aDisabledVersionIsNotRead() throws {
        try make()
        try add("first")
        #expect(try client.post("\(secrets)/key/versions/1:disable").json["state"] == "DISABLED")
        #expect(try read().errorWord == "FAILED_PRECONDITION")
        #expect(try client.post("\(secrets)/key/versions/1:enable").json["state"] == "ENABLED")
        #expect(try read().status == 200)
    }

    @Test func damagedAndEmptyPayloadsAreRefused() throws {
        try make()
        #expect(try add("text", crc: "1").status == 400)
        #expect(try add("").status == 400)
        #expect(try add(String(repeating: "x", count: 65_537)).status == 400)
        #expect(try client.post("\(secrets)?secretId=other", [:]).status == 400)
        #expect(try client.post("\(secrets)?secretId=a.b", ["replication": ["automatic": [:]]]).status == 400)
        #expect(try client.get("\(secrets)/key/versions").json["versions"] == nil)
    }

    @Test func payloadsAreNotRecorded() throws {
        try make()
        try add("plain-secret-text")
        let data = JSONValue.string(base64(Array("plain-secret-text".utf8)))
        _ = try client.post("\(secrets)/key:addVersion", ["payload": data])
        _ = try client.post("\(secrets)/key:addVersion", ["payload": ["data": [data]]])
        _ = try read()
        let record = test.world.recorder.requests.map { $0.json.text() }.joined() + test.violations.joined()
        #expect(record.contains("<redacted>") && test.violations.count == 2)
        #expect(!record.contains("plain-secret-text"))
        #expect(!record.contains(base64(Array("plain-secret-text".utf8)).prefix(12)))
        #expect(!record.contains(test.world.operatorToken))
    }

    @Test func theAPICanBeOff() throws {
        test.world.project.setEnabled("secretmanager.googleapis.com", false)
        let answer = try make()
        #expect(answer.status == 403)
        #expect(answer.errorWord == "PERMISSION_DENIED")
        #expect(answer.reason == "SERVICE_DISABLED")
        #expect(answer.message.hasPrefix("Secret Manager API has not been used in project 1060025368044 before"))
    }

    @Test func aMachineReadsWhatItsAccountMayRead() throws {
        try make()
        try add("first")
        let account = test.world.project.serviceAccount
        let scopes = [AccessTokens.cloudPlatform]
        let answer = test.world.project.tokens.issue(to: account, scopes: scopes, isMachine: true)
        client.token = answer["access_token"]?.string ?? ""
        #expect(try read().status == 403)
        client.token = test.world.operatorToken
        var policy = try client.get("\(secrets)/key:getIamPolicy?options.requestedPolicyVersion=3").json.object ?? [:]
        let member = JSONValue.string("serviceAccount:\(account)")
        policy["bindings"] = [["role": "roles/secretmanager.secretAccessor", "members": [member]]]
        #expect(try client.post("\(secrets)/key:setIamPolicy", ["policy": .object(policy)]).status == 200)
        #expect(try client.post("\(secrets)/key:setIamPolicy", ["policy": .object(policy)]).errorWord == "ABORTED")
        client.token = answer["access_token"]?.string ?? ""
        #expect(try read().status == 200)
        let narrow = test.world.project.tokens.issue(to: account, scopes: ["devstorage.read_only"], isMachine: true)
        client.token = narrow["access_token"]?.string ?? ""
        #expect(try read().reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    }
}
