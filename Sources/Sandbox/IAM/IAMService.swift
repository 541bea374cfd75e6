import Synchronization
import Text

/// A stand-in for IAM, v1: the service accounts of the project, and who may use them.
public final class IAMService: SandboxService {
    /// `iam`.
    public let name = "iam"
    let project: CloudProject
    private let policies = Mutex<[String: IAMPolicy]>([:])

    private static let contract = Result { try ContractValidator(PackageResources.iam_json) }

    public init(project: CloudProject) { self.project = project }
}

extension IAMService: ProjectService {
    var api: (name: String, title: String) {
        ("iam.googleapis.com", "Identity and Access Management (IAM) API")
    }

    static var permissions: [String: String] {
        let verbs = ["get", "list", "getIamPolicy", "setIamPolicy"]
        return Dictionary(
            uniqueKeysWithValues: verbs.map { ("iam.projects.serviceAccounts.\($0)", "iam.serviceAccounts.\($0)") }
        )
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    func ownPolicy(of resource: String) -> IAMPolicy? {
        let account = resource.split(separator: "/").last.map(String.init) ?? ""
        return policies.withLock { $0[account] }
    }

    func perform(_ call: JSONCall) throws -> JSONValue {
        switch call.method.split(separator: ".").last {
        case "get": return resource(of: try account(in: call.path("name")))
        case "list":
            let (part, next) = try page(project.accounts.sorted(), call, size: 20, limit: 100)
            var json: JSONObject = [:]
            if !part.isEmpty { json["accounts"] = .array(part.map(resource(of:))) }
            json["nextPageToken"] = next.map(JSONValue.string)
            return .object(json)
        case "testIamPermissions":
            let account = try account(in: call.path("resource"))
            return try testPermissions(call, own: policies.withLock { $0[account] })
        case "getIamPolicy":
            let account = try account(in: call.path("resource"))
            let version = call.parameter("options.requestedPolicyVersion").flatMap { Int($0) } ?? 0
            guard [0, 1, 3].contains(version) else {
                throw Refusal.rpc(400, "Invalid requested policy version \(version).")
            }
            return policies.withLock { ($0[account] ?? IAMPolicy()).json(requestedVersion: version) }
        case "setIamPolicy":
            let account = try account(in: call.path("resource"))
            guard let wanted = call.body?["policy"] else { throw Refusal.rpc(400, "The policy is missing.") }
            return try policies.withLock { policies in
                var policy = policies[account] ?? IAMPolicy()
                do throws(IAMPolicy.Problem) {
                    try policy.replace(with: wanted, rules: .init(accounts: project.accounts))
                } catch {
                    throw Refusal.policy(error)
                }
                policies[account] = policy
                return policy.json(requestedVersion: 3)
            }
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    /// The account of `projects/P/serviceAccounts/EMAIL`.
    private func account(in name: String) throws -> String {
        let account = name.split(separator: "/").last.map(String.init) ?? ""
        guard project.accounts.contains(account) else { throw Refusal.rpc(404, "Unknown service account") }
        return account
    }

    private func resource(of account: String) -> JSONValue {
        [
            "name": .string("projects/\(project.id)/serviceAccounts/\(account)"), "projectId": .string(project.id),
            "uniqueId": "103456789012345678901", "email": .string(account), "etag": "MDEwMjE5MjA=",
            "oauth2ClientId": "103456789012345678901",
        ]
    }
}
