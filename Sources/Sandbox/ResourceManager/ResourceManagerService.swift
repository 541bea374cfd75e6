import Synchronization
public import Text

/// A stand-in for Resource Manager, v1: the project and its IAM policy.
public final class ResourceManagerService: SandboxService {
    private struct State {
        var policy: IAMPolicy
        var races = 0
    }

    /// `cloudresourcemanager`.
    public let name = "cloudresourcemanager"
    let project: CloudProject
    private let state: Mutex<State>

    private static let contract = Result {
        try ContractValidator(PackageResources.cloudresourcemanager_json)
    }

    /// A project with an owner and the bindings that Google itself makes.
    public init(project: CloudProject) {
        self.project = project
        let number = project.number
        let bindings: [JSONValue] = [
            [
                "role": "roles/compute.serviceAgent",
                "members": [.string("serviceAccount:service-\(number)@compute-system.iam.gserviceaccount.com")],
            ],
            [
                "role": "roles/editor",
                "members": [.string("serviceAccount:\(number)@cloudservices.gserviceaccount.com")],
            ],
            ["role": "roles/owner", "members": ["user:owner@example.com"]],
        ]
        state = Mutex(State(policy: IAMPolicy(bindings: bindings)))
    }

    /// The next so many writes of the policy find that somebody else was faster.
    public func race(times: Int) {
        state.withLock { $0.races = times }
    }

    /// The policy as a reader of version 3 sees it.
    public var policy: JSONValue { state.withLock { $0.policy.json(requestedVersion: 3) } }

    /// Whether a member has a role, and has had it for long enough.
    func grants(_ role: String, to member: String) -> Bool {
        let delay = project.grantDelay
        return state.withLock { $0.policy.grants(role, to: member, delay: delay) }
    }
}

extension ResourceManagerService: ProjectService {
    var api: (name: String, title: String) { ("cloudresourcemanager.googleapis.com", "Cloud Resource Manager API") }

    static var permissions: [String: String] {
        [
            "cloudresourcemanager.projects.get": "resourcemanager.projects.get",
            "cloudresourcemanager.projects.getIamPolicy": "resourcemanager.projects.getIamPolicy",
            "cloudresourcemanager.projects.setIamPolicy": "resourcemanager.projects.setIamPolicy",
        ]
    }

    public func validators() throws -> [ContractValidator] { [try Self.contract.get()] }

    func perform(_ call: JSONCall) throws -> JSONValue {
        let named = call.path("resource") + call.path("projectId")
        guard named.isEmpty || project.isNamed(named) else {
            throw Refusal.rpc(403, "The caller does not have permission")
        }
        switch call.method {
        case "cloudresourcemanager.projects.get": return resource
        case "cloudresourcemanager.projects.list": return ["projects": [resource]]
        case "cloudresourcemanager.projects.getIamPolicy":
            let version = call.body?["options"]?["requestedPolicyVersion"]?.integer ?? 0
            guard [0, 1, 3].contains(version) else {
                throw Refusal.rpc(400, "Invalid requested policy version \(version).")
            }
            return state.withLock { $0.policy.json(requestedVersion: version) }
        case "cloudresourcemanager.projects.setIamPolicy": return try setPolicy(call)
        case "cloudresourcemanager.projects.testIamPermissions": return try testPermissions(call)
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    private var resource: JSONValue {
        [
            "projectNumber": .string(String(project.number)), "projectId": .string(project.id),
            "lifecycleState": "ACTIVE", "name": .string(project.id), "createTime": "2021-08-18T08:15:30.123Z",
        ]
    }

    private func setPolicy(_ call: JSONCall) throws -> JSONValue {
        guard let policy = call.body?["policy"] else { throw Refusal.rpc(400, "The policy is missing.") }
        let mask = call.body?["updateMask"]?.string.map { $0.split(separator: ",").map(trimmed) }
        let rules = IAMPolicy.Rules(
            accounts: project.accounts,
            domains: [
                "@\(project.id).iam.gserviceaccount.com", "\(project.number)-compute@developer.gserviceaccount.com",
            ],
            keepsOwner: true
        )
        return try state.withLock { state in
            if state.races > 0 {
                state.races -= 1
                state.policy.addForeignMember()
            }
            do throws(IAMPolicy.Problem) {
                try state.policy.replace(with: policy, paths: Set(mask ?? ["bindings", "etag"]), rules: rules)
            } catch {
                throw Refusal.policy(error)
            }
            return state.policy.json(requestedVersion: 3)
        }
    }
}

extension Refusal {
    /// What Google's newer services answer to a policy that they do not take.
    static func policy(_ problem: IAMPolicy.Problem) -> Refusal {
        switch problem {
        case .conflict:
            Refusal(
                .rpcError(
                    409,
                    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
                        + "backoff.",
                    word: "ABORTED"
                )
            )
        case .invalid(let sentence): .rpc(400, sentence)
        }
    }
}
