@testable import Sandbox
import Testing

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
}
