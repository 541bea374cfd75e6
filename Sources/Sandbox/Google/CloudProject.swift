import Synchronization

/// The project that the stand-ins of Google's services share: who it is, who may do what, and which APIs are enabled.
public final class CloudProject: Sendable {
    private struct State {
        var denied: Set<String> = []
        /// Since when each enabled API answers, in microseconds since 1970.
        var enabled: [String: Int]
        var delays = Delays()
        var requiresQuotaProject = false
        var skewSeconds = 0
        var projectGrants: ProjectGrants?
    }

    /// How long changes take until they count, in milliseconds.
    struct Delays: Sendable {
        var grants = 0
        var apis = 0
    }

    /// Whether a member has had a role of the whole project for long enough.
    typealias ProjectGrants = @Sendable (_ role: String, _ member: String) -> Bool

    public let id: String
    public let number: Int
    /// The service account of the key file and of the virtual machines.
    public let serviceAccount: String
    public let accounts: Set<String>
    public let tokens: AccessTokens
    private let state: Mutex<State>

    /// What the organisation above the project forbids.
    public let orgPolicies: [OrgPolicy]
    /// Whether Cloud Build works as the Compute Engine account, as in projects since 2024, and not as one of its own that may push.
    public let buildsAsComputeAccount: Bool

    /// The APIs that the runbook enables by gcloud.
    public static let runbookAPIs = [
        "compute.googleapis.com", "storage.googleapis.com", "artifactregistry.googleapis.com",
        "cloudbuild.googleapis.com",
    ]
    /// What is enabled in a project that `setup-iam --enable-apis` has prepared.
    public static let preparedAPIs = runbookAPIs + ["cloudresourcemanager.googleapis.com", "iam.googleapis.com"]
    /// Enabled in every new project (cloud.google.com/service-usage/docs/enabled-service).
    public static let newProjectAPIs = [
        "analyticshub.googleapis.com", "bigquery.googleapis.com", "bigqueryconnection.googleapis.com",
        "bigquerydatapolicy.googleapis.com", "bigquerymigration.googleapis.com", "bigqueryreservation.googleapis.com",
        "bigquerystorage.googleapis.com", "cloudapis.googleapis.com", "cloudtrace.googleapis.com",
        "dataform.googleapis.com", "dataplex.googleapis.com", "datastore.googleapis.com", "logging.googleapis.com",
        "monitoring.googleapis.com", "servicemanagement.googleapis.com", "serviceusage.googleapis.com",
        "sql-component.googleapis.com", "storage-api.googleapis.com", "storage-component.googleapis.com",
        "storage.googleapis.com",
    ]
    /// Those of which a user's calls count on the project of gcloud itself, unless the request names another.
    private static let clientAPIs: Set = [
        "cloudresourcemanager.googleapis.com", "iam.googleapis.com", "iamcredentials.googleapis.com",
    ]

    /// The project of the runbook unless told otherwise; `accounts` are service accounts beside its own. `enabled` are the APIs
    /// beside those of every new project: none for a new one.
    public init(
        id: String = "central-element-323112",
        number: Int = 1_060_025_368_044,
        serviceAccount: String = "1060025368044-compute@developer.gserviceaccount.com",
        accounts: [String] = [],
        enabled: [String] = CloudProject.preparedAPIs,
        orgPolicies: [OrgPolicy] = [],
        buildsAsComputeAccount: Bool = false,
        tokens: AccessTokens = AccessTokens()
    ) {
        self.id = id
        self.number = number
        self.serviceAccount = serviceAccount
        self.accounts = Set(accounts + [serviceAccount])
        self.orgPolicies = orgPolicies
        self.buildsAsComputeAccount = buildsAsComputeAccount
        self.tokens = tokens
        state = Mutex(State(enabled: Dictionary((enabled + Self.newProjectAPIs).map { ($0, 0) }) { first, _ in first }))
    }

    /// Whether this is its id or number.
    public func isNamed(_ name: String) -> Bool { name == id || name == String(number) }

    /// Takes a permission away from everybody, at once.
    public func deny(_ permission: String) {
        state.withLock { _ = $0.denied.insert(permission) }
    }

    /// Gives a permission back.
    public func allow(_ permission: String) {
        state.withLock { _ = $0.denied.remove(permission) }
    }

    /// Whether nobody has this permission.
    public func isDenied(_ permission: String) -> Bool { state.withLock { $0.denied.contains(permission) } }

    /// Whether an API, such as `compute.googleapis.com`, is enabled.
    public func isEnabled(_ api: String) -> Bool { state.withLock { $0.enabled[api] != nil } }

    /// Enables or disables an API; one that is enabled answers after the delay for that.
    public func setEnabled(_ api: String, _ isEnabled: Bool) {
        state.withLock { state in
            if !isEnabled {
                state.enabled[api] = nil
            } else if state.enabled[api] == nil {
                state.enabled[api] = Clock.microseconds() + state.delays.apis * 1_000
            }
        }
    }

    /// Whether an API answers the holder of a token. Calls of a user to some count on gcloud's own project, which has them all,
    /// unless the request names a project to count on.
    func answers(_ api: String, _ grant: AccessTokens.Grant?, namesQuotaProject: Bool = false) -> Bool {
        if let grant, grant.isUser, !namesQuotaProject, Self.clientAPIs.contains(api) { return true }
        return state.withLock { $0.enabled[api].map { $0 <= Clock.microseconds() } ?? false }
    }

    // MARK: time

    /// How many milliseconds a new member of a role, and an API that was just enabled, still are refused.
    public func setDelays(grantsMilliseconds: Int = 0, apisMilliseconds: Int = 0) {
        state.withLock { $0.delays = Delays(grants: grantsMilliseconds, apis: apisMilliseconds) }
    }

    /// How long a grant takes, in microseconds.
    var grantDelay: Int { state.withLock { $0.delays.grants * 1_000 } }

    /// Google's clock is so far ahead of this machine's; behind it when negative.
    public func setClockSkew(seconds: Int) {
        state.withLock { $0.skewSeconds = seconds }
    }

    /// How far Google's clock is ahead of this machine's, in seconds.
    public var clockSkewSeconds: Int { state.withLock { $0.skewSeconds } }

    // MARK: access

    /// From now on the newer services refuse users whose requests name no project to count on.
    public func requireQuotaProject() {
        state.withLock { $0.requiresQuotaProject = true }
    }

    var requiresQuotaProject: Bool { state.withLock { $0.requiresQuotaProject } }

    func setProjectGrants(_ grants: @escaping ProjectGrants) {
        state.withLock { $0.projectGrants = grants }
    }

    /// Whether the holder of a token has a permission on a resource, which may have a policy of its own. The operator, user or
    /// key file, owns the project; a virtual machine has what its account was granted.
    func allows(_ permission: String, _ grant: AccessTokens.Grant?, own: IAMPolicy? = nil) -> Bool {
        if let grant, grant.isMachine { return allows(permission, account: grant.account, own: own) }
        return !isDenied(permission)
    }

    /// Whether a service account has a permission by what it was granted.
    func allows(_ permission: String, account: String, own: IAMPolicy? = nil) -> Bool {
        if isDenied(permission) { return false }
        guard let projectGrants = state.withLock({ $0.projectGrants }) else { return true }
        let member = "serviceAccount:\(account)"
        let delay = grantDelay
        return PredefinedRoles.with(permission).contains { role in
            own?.grants(role, to: member, delay: delay) == true || projectGrants(role, member)
        }
    }
}
