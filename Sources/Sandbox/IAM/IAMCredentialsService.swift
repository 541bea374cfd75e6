import Text

/// A stand-in for the IAM Service Account Credentials API, v1: tokens of service accounts for those who may act as them.
public final class IAMCredentialsService: SandboxService {
    /// `iamcredentials`.
    public let name = "iamcredentials"
    let project: CloudProject
    private let iam: IAMService

    private static let contract = Result {
        try ContractValidator(PackageResources.iamcredentials_json)
    }

    /// Makes the service; the accounts' policies are those of `iam`.
    public init(project: CloudProject, iam: IAMService) {
        self.project = project
        self.iam = iam
    }
}

extension IAMCredentialsService: ProjectService {
    var api: (name: String, title: String) {
        ("iamcredentials.googleapis.com", "IAM Service Account Credentials API")
    }

    static var permissions: [String: String] {
        ["iamcredentials.projects.serviceAccounts.generateAccessToken": "iam.serviceAccounts.getAccessToken"]
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    func ownPolicy(of resource: String) -> IAMPolicy? { iam.ownPolicy(of: resource) }

    func perform(_ call: JSONCall) throws -> JSONValue {
        let account = call.path("name").split(separator: "/").last.map(String.init) ?? ""
        guard project.accounts.contains(account) else {
            throw Refusal.rpc(404, "Not found; Gaia id not found for email \(account)")
        }
        let scopes = (call.body?["scope"]?.array ?? []).compactMap(\.string)
        guard !scopes.isEmpty else { throw Refusal.rpc(400, "Request contains an invalid argument.") }
        let lifetime = call.body?["lifetime"]?.string ?? "3600s"
        guard lifetime.hasSuffix("s"), let seconds = Int(lifetime.dropLast()), (1...3_600).contains(seconds) else {
            throw Refusal.rpc(400, "Request contains an invalid argument.")
        }
        let token = project.tokens.issue(to: account, scopes: scopes, isMachine: false)
        let end = Clock.microseconds() + (seconds + project.clockSkewSeconds) * 1_000_000
        return ["accessToken": token["access_token"] ?? "", "expireTime": .string(Clock.rfc3339(end))]
    }
}
