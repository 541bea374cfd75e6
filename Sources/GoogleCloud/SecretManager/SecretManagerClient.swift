import FoundationEssentials
import Text
public import Transport

/// Secret Manager, v1. What it keeps is a `Secret` everywhere, and part of no error.
public struct SecretManagerClient: Sendable {
    private let api: GoogleAPI

    public init(api: GoogleAPI) {
        self.api = api
    }

    /// Whether the secret is there; not being allowed to look is an error.
    public func exists(_ secret: SecretName) async throws(GoogleAPIError) -> Bool {
        do {
            let _: NothingRead = try await api.send(
                call("GET", secret.secretPath, "look up secret \(secret.secret)", "secretmanager.secrets.get")
            )
            return true
        } catch  where error.kind == .notFound {
            return false
        }
    }

    /// Creates the secret, without a version, replicated as Google sees fit. One that exists is an `alreadyExists`.
    public func create(_ secret: SecretName) async throws(GoogleAPIError) {
        struct New: Encodable {
            struct Replication: Encodable { let automatic: [String: String] = [:] }
            let replication = Replication()
        }
        var call = call(
            "POST",
            "v1/projects/\(percentEncoded(secret.project))/secrets",
            "create secret \(secret.secret)",
            "secretmanager.secrets.create"
        )
        call.query = [("secretId", secret.name)]
        let _: NothingRead = try await api.send(call, body: New())
    }

    /// Adds a version, which becomes the latest, and returns its name.
    public func addVersion(_ payload: Secret, to secret: SecretName) async throws(GoogleAPIError) -> SecretName {
        struct New: Encodable {
            struct Payload: Encodable {
                let data: String
                let dataCrc32c: String
            }
            let payload: Payload
        }
        struct Answer: Decodable { let name: String }
        let bytes = Array(payload.reveal().utf8)
        // Sent again after a lost answer it may make a second version of the same text, which does no harm.
        let call = call(
            "POST",
            "\(secret.secretPath):addVersion",
            "add a version to secret \(secret.secret)",
            "secretmanager.versions.add"
        )
        let answer: Answer = try await api.send(
            call,
            body: New(payload: .init(data: Base64.encode(bytes), dataCrc32c: "\(CRC32C.of(bytes))"))
        )
        return try name(answer.name, call)
    }

    /// The text of a version (the latest where none is named), and the version's own name. Throws `GoogleAPIError`, untyped:
    /// the compiler (6.3) crashes on a `do` around a tuple with a typed error.
    public func access(_ secret: SecretName) async throws -> (payload: Secret, version: SecretName) {
        struct Answer: Decodable {
            struct Payload: Decodable {
                let data: String?
                let dataCrc32c: String?
            }
            let name: String
            let payload: Payload
        }
        let call = call(
            "GET",
            "\(secret.secretPath)/versions/\(percentEncoded(secret.version ?? "latest")):access",
            "read secret \(secret.resource)",
            "secretmanager.versions.access"
        )
        let answer: Answer = try await api.send(call)
        guard let bytes = Base64.decode(answer.payload.data ?? ""), let text = String(validating: bytes, as: UTF8.self),
            answer.payload.dataCrc32c.map({ $0 == "\(CRC32C.of(bytes))" }) ?? true
        else {
            throw GoogleAPIError(
                .malformed,
                operation: call.operation,
                detail: "what came is not text with the checksum that came with it"
            )
        }
        return (Secret(text), try name(answer.name, call))
    }

    /// The newest version that can be read; nil when there is none.
    public func latestEnabledVersion(_ secret: SecretName) async throws(GoogleAPIError) -> SecretName? {
        struct Answer: Decodable {
            struct Version: Decodable {
                let name: String
                let state: String?
            }
            let versions: [Version]?
        }
        var call = call(
            "GET",
            "\(secret.secretPath)/versions",
            "list the versions of secret \(secret.secret)",
            "secretmanager.versions.list"
        )
        // Newest first.
        call.query = [("filter", "state:ENABLED"), ("pageSize", "25")]
        let answer: Answer = try await api.send(call)
        guard let newest = answer.versions?.first(where: { $0.state == "ENABLED" }) else { return nil }
        return try name(newest.name, call)
    }

    public func iam(_ secret: SecretName) -> IAMResource {
        api.iam(
            .secretManager,
            path: secret.secretPath,
            name: "secret \(secret.secret)",
            reading: .get,
            permissions: "secretmanager.secrets"
        )
    }

    private func call(_ verb: String, _ path: String, _ operation: String, _ needs: String) -> GoogleAPI.Call {
        GoogleAPI.Call(verb: verb, service: .secretManager, path: path, operation: operation, needs: needs)
    }

    private func name(_ text: String, _ call: GoogleAPI.Call) throws(GoogleAPIError) -> SecretName {
        guard let name = SecretName(text, project: "") else {
            throw GoogleAPIError(.malformed, operation: call.operation, detail: "\(text) is not a version's name")
        }
        return name
    }
}
