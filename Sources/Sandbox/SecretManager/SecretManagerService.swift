import Synchronization
public import Text

/// A stand-in for Secret Manager, v1. Payloads are kept in memory only and never recorded.
public final class SecretManagerService: SandboxService {
    /// `secretmanager`.
    public let name = "secretmanager"
    let project: CloudProject
    let secrets = Mutex<[String: StoredSecret]>([:])

    private static let contract = Result { try ContractValidator(PackageResources.secretmanager_json) }

    public init(project: CloudProject) { self.project = project }
}

extension SecretManagerService: ProjectService {
    var api: (name: String, title: String) { ("secretmanager.googleapis.com", "Secret Manager API") }

    static var permissions: [String: String] {
        let verbs = [
            "create": "secrets.create", "get": "secrets.get", "list": "secrets.list", "delete": "secrets.delete",
            "patch": "secrets.update", "addVersion": "versions.add", "versions.get": "versions.get",
            "versions.list": "versions.list", "versions.access": "versions.access",
            "versions.disable": "versions.disable", "versions.enable": "versions.enable",
            "versions.destroy": "versions.destroy", "getIamPolicy": "secrets.getIamPolicy",
            "setIamPolicy": "secrets.setIamPolicy",
        ]
        return Dictionary(
            uniqueKeysWithValues: verbs.map { ("secretmanager.projects.secrets.\($0)", "secretmanager.\($1)") }
        )
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    /// The body without its payload.
    public func recordable(_ body: JSONValue) -> JSONValue {
        guard var fields = body.object, fields["payload"] != nil else { return body }
        fields["payload"] = "<redacted>"
        return .object(fields)
    }

    func ownPolicy(of resource: String) -> IAMPolicy? {
        guard let id = try? id(in: resource) else { return nil }
        return secrets.withLock { $0[id]?.policy }
    }

    func perform(_ call: JSONCall) throws -> JSONValue {
        switch call.method.split(separator: ".").dropFirst(3).joined(separator: ".") {
        case "create": return try create(call)
        case "get": return try secret(call.path("name")).json
        case "list": return try list(call)
        case "delete":
            let id = try id(in: call.path("name"))
            guard secrets.withLock({ $0.removeValue(forKey: id) }) != nil else { throw missing(id) }
            return [:]
        case "addVersion": return try addVersion(call)
        case "versions.get": return try version(call) { $0.json(ofVersion: $1) }
        case "versions.list": return try listVersions(call)
        case "versions.access": return try access(call)
        case "versions.enable": return try setState("ENABLED", call)
        case "versions.disable": return try setState("DISABLED", call)
        case "versions.destroy": return try setState("DESTROYED", call)
        case "getIamPolicy":
            let version = call.parameter("options.requestedPolicyVersion").flatMap { Int($0) } ?? 0
            guard [0, 1, 3].contains(version) else {
                throw Refusal.rpc(400, "Invalid requested policy version \(version).")
            }
            return try secret(call.path("resource")).policy.json(requestedVersion: version)
        case "setIamPolicy": return try setPolicy(call)
        case "testIamPermissions": return try testPermissions(call)
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    // MARK: names

    /// The id in `projects/P/secrets/ID…`.
    private func id(in name: String) throws -> String {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count >= 4 else { throw Refusal.entityNotFound }
        return parts[3]
    }

    private func fullName(_ id: String) -> String { "projects/\(project.number)/secrets/\(id)" }

    private func missing(_ id: String) -> Refusal { .rpc(404, "Secret [\(fullName(id))] not found.") }

    private func secret(_ name: String) throws -> StoredSecret {
        let id = try id(in: name)
        guard let secret = secrets.withLock({ $0[id] }) else { throw missing(id) }
        return secret
    }

    /// Changes a secret under the lock.
    private func change<Result>(_ name: String, _ body: (inout StoredSecret) throws -> Result) throws -> Result {
        let id = try id(in: name)
        let missing = missing(id)
        return try secrets.withLock { secrets in
            guard var secret = secrets[id] else { throw missing }
            let result = try body(&secret)
            secrets[id] = secret
            return result
        }
    }

    private func version<Result>(_ call: JSONCall, _ body: (StoredSecret, Int) throws -> Result) throws -> Result {
        let name = call.path("name")
        let id = try id(in: name)
        guard let secret = secrets.withLock({ $0[id] }), !secret.versions.isEmpty else {
            throw Refusal.rpc(404, "Secret [\(fullName(id))] not found or has no versions.")
        }
        let wanted = name.split(separator: "/").last.map(String.init) ?? ""
        guard let number = secret.number(of: wanted) else {
            throw Refusal.rpc(404, "Secret Version [\(secret.name)/versions/\(wanted)] not found.")
        }
        return try body(secret, number)
    }

    // MARK: secrets

    private func create(_ call: JSONCall) throws -> JSONValue {
        let id = call.parameter("secretId") ?? ""
        guard wholeMatch(id, pattern: "[A-Za-z0-9_-]{1,255}") else {
            throw Refusal.rpc(400, "Secret ID '\(id)' does not match [A-Za-z0-9_-]{1,255}.")
        }
        guard let replication = call.body?["replication"]?.object, !replication.members.isEmpty else {
            throw Refusal.rpc(400, "The secret's replication policy is missing.")
        }
        try checkLocations(replication)
        let name = fullName(id)
        let secret = StoredSecret(
            name: name,
            created: Clock.rfc3339(Clock.microseconds()),
            fields: call.body?.object ?? [:]
        )
        return try secrets.withLock { secrets in
            guard secrets[id] == nil else { throw Refusal.rpc(409, "Secret [\(name)] already exists.") }
            secrets[id] = secret
            return secret.json
        }
    }

    /// Refuses a secret that would be where the organisation wants nothing.
    private func checkLocations(_ replication: JSONObject) throws {
        let named = (replication["userManaged"]?["replicas"]?.array ?? []).compactMap { $0["location"]?.string }
        let places = replication["automatic"] != nil ? ["global"] : named
        guard let wrong = places.first(where: { !project.orgPolicies.allows(location: $0) }) else { return }
        throw Refusal.rpc(
            400,
            "Constraint constraints/gcp.resourceLocations violated for [orgpolicy:projects/\(project.number)] attempting to create "
                + "a secret in [\(wrong)]. For more information, see "
                + "https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations.",
            word: "FAILED_PRECONDITION"
        )
    }

    private func list(_ call: JSONCall) throws -> JSONValue {
        let all = secrets.withLock { $0.values.sorted { $0.name < $1.name } }
        let (part, next) = try page(all, call, size: 25_000, limit: 25_000)
        var json: JSONObject = ["totalSize": .integer(all.count)]
        if !part.isEmpty { json["secrets"] = .array(part.map(\.json)) }
        json["nextPageToken"] = next.map(JSONValue.string)
        return .object(json)
    }

    private func setPolicy(_ call: JSONCall) throws -> JSONValue {
        guard let policy = call.body?["policy"] else { throw Refusal.rpc(400, "The policy is missing.") }
        return try change(call.path("resource")) { secret in
            do throws(IAMPolicy.Problem) {
                try secret.policy.replace(with: policy, rules: .init(accounts: project.accounts))
            } catch {
                throw Refusal.policy(error)
            }
            return secret.policy.json(requestedVersion: 3)
        }
    }

    // MARK: versions

    private func addVersion(_ call: JSONCall) throws -> JSONValue {
        let payload = call.body?["payload"]
        guard let text = payload?["data"]?.string, let bytes = decodedBase64(text), !bytes.isEmpty else {
            throw Refusal.rpc(400, "Secret Payload cannot be empty.")
        }
        guard bytes.count <= 65_536 else { throw Refusal.rpc(400, "Secret Payload may have at most 65536 bytes.") }
        let checksum = payload?["dataCrc32c"]?.integer
        guard checksum == nil || checksum == Int(crc32c(bytes)) else {
            throw Refusal.rpc(400, "The payload's CRC32C checksum does not match its data.")
        }
        let now = Clock.rfc3339(Clock.microseconds())
        return try change(call.path("parent")) { secret in
            secret.versions.append(.init(payload: bytes, created: now, hadChecksum: checksum != nil))
            return secret.json(ofVersion: secret.versions.count)
        }
    }

    private func listVersions(_ call: JSONCall) throws -> JSONValue {
        let secret = try secret(call.path("parent"))
        let numbers = Array(secret.versions.indices.map { $0 + 1 }.reversed())  // newest first
        let (part, next) = try page(numbers, call, size: 25_000, limit: 25_000)
        var json: JSONObject = ["totalSize": .integer(numbers.count)]
        if !part.isEmpty { json["versions"] = .array(part.map(secret.json(ofVersion:))) }
        json["nextPageToken"] = next.map(JSONValue.string)
        return .object(json)
    }

    private func access(_ call: JSONCall) throws -> JSONValue {
        try version(call) { secret, number in
            let name = "\(secret.name)/versions/\(number)"
            let version = secret.versions[number - 1]
            guard version.state == "ENABLED" else {
                throw Refusal.rpc(
                    400,
                    "Secret Version [\(name)] is in \(version.state) state.",
                    word: "FAILED_PRECONDITION"
                )
            }
            let payload: JSONValue = [
                "data": .string(base64(version.payload)), "dataCrc32c": .string(String(crc32c(version.payload))),
            ]
            return ["name": .string(name), "payload": payload]
        }
    }

    private func setState(_ state: String, _ call: JSONCall) throws -> JSONValue {
        let number = try version(call) { $1 }
        return try change(call.path("name")) { secret in
            guard secret.versions[number - 1].state != "DESTROYED" else {
                throw Refusal.rpc(400, "The version is destroyed.", word: "FAILED_PRECONDITION")
            }
            secret.versions[number - 1].state = state
            if state == "DESTROYED" { secret.versions[number - 1].payload = [] }
            return secret.json(ofVersion: number)
        }
    }
}
