@testable import Sandbox
import Testing
import Text

/// Calls one of Google's services with the operator's token.
final class ControlClient {
    private let client: TestClient
    var token: String

    init(_ server: SandboxServer, token: String) throws {
        client = try TestClient(server)
        self.token = token
    }

    func get(_ target: String) throws -> Answer { try client.call("GET", target, authorization) }

    func delete(_ target: String) throws -> Answer { try client.call("DELETE", target, authorization) }

    func post(_ target: String, _ body: JSONValue = [:]) throws -> Answer {
        try client.call("POST", target, authorization, json: body)
    }

    func put(_ target: String, _ body: JSONValue) throws -> Answer {
        try client.call("PUT", target, authorization, json: body)
    }

    private var authorization: [String: String] { token.isEmpty ? [:] : ["Authorization": "Bearer \(token)"] }
}

extension Answer {
    /// `error.status` of Google's newer services.
    var errorWord: String? { json["error"]?["status"]?.string }
    /// `error.message`.
    var message: String { json["error"]?["message"]?.string ?? "" }
    /// `reason` of the error's details.
    var reason: String? { json["error"]?["details"]?.array?.compactMap { $0["reason"]?.string }.first }
}

extension TestWorld {
    func control(_ server: SandboxServer) throws -> ControlClient {
        try ControlClient(server, token: world.operatorToken)
    }

    /// A token as a virtual machine's metadata server gives it.
    var machineToken: String {
        let scopes = [AccessTokens.cloudPlatform]
        let token = world.project.tokens.issue(to: world.project.serviceAccount, scopes: scopes, isMachine: true)
        return token["access_token"]?.string ?? ""
    }

    /// Gives the VMs' account a role of the project.
    func grant(_ role: String) throws {
        let client = try control(world.resourceManagerServer)
        let path = "/v1/projects/\(world.project.id)"
        let options: JSONValue = ["options": ["requestedPolicyVersion": 3]]
        var policy = try client.post("\(path):getIamPolicy", options).json.object ?? [:]
        let member = JSONValue.string("serviceAccount:\(world.project.serviceAccount)")
        policy["bindings"] = .array((policy["bindings"]?.array ?? []) + [["role": .string(role), "members": [member]]])
        let answer = try client.post("\(path):setIamPolicy", ["policy": .object(policy)])
        #expect(answer.status == 200, "\(answer.text)")
    }
}
