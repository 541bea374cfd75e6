import Synchronization

/// The project that the stand-ins of Google's services share: who it is, who may do what, and which APIs are enabled.
public final class CloudProject: Sendable {
    private struct State {
        var denied: Set<String> = []
        var enabled: Set<String>
    }

    /// Its id.
    public let id: String
    /// Its number.
    public let number: Int
    /// The service account of the key file and of the virtual machines.
    public let serviceAccount: String
    /// All service accounts that exist.
    public let accounts: Set<String>
    /// The tokens that are taken.
    public let tokens: AccessTokens
    private let state: Mutex<State>

    /// The APIs that the runbook enables.
    public static let runbookAPIs = [
        "compute.googleapis.com", "storage.googleapis.com", "artifactregistry.googleapis.com",
        "cloudbuild.googleapis.com",
    ]
    /// Enabled in every project of the sandbox: without them nothing could be asked.
    static let baseAPIs = ["cloudresourcemanager.googleapis.com", "iam.googleapis.com", "serviceusage.googleapis.com"]

    /// The project of the runbook unless told otherwise; `accounts` are service accounts beside its own.
    public init(
        id: String = "central-element-323112",
        number: Int = 1_060_025_368_044,
        serviceAccount: String = "1060025368044-compute@developer.gserviceaccount.com",
        accounts: [String] = [],
        enabled: [String] = CloudProject.runbookAPIs,
        tokens: AccessTokens = AccessTokens()
    ) {
        self.id = id
        self.number = number
        self.serviceAccount = serviceAccount
        self.accounts = Set(accounts + [serviceAccount])
        self.tokens = tokens
        state = Mutex(State(enabled: Set(enabled + Self.baseAPIs)))
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
    public func isEnabled(_ api: String) -> Bool { state.withLock { $0.enabled.contains(api) } }

    /// Enables or disables an API.
    public func setEnabled(_ api: String, _ isEnabled: Bool) {
        state.withLock { state in
            if isEnabled { state.enabled.insert(api) } else { state.enabled.remove(api) }
        }
    }

    /// Where an API is enabled by hand.
    static func enablingPage(_ api: String, number: Int) -> String {
        "https://console.developers.google.com/apis/api/\(api)/overview?project=\(number)"
    }

    /// What Google says of an API that is not enabled.
    static func disabledMessage(_ title: String, _ api: String, number: Int) -> String {
        "\(title) has not been used in project \(number) before or it is disabled. Enable it by visiting "
            + "\(enablingPage(api, number: number)) then retry. If you enabled this API recently, wait a few minutes for "
            + "the action to propagate to our systems and retry."
    }
}
