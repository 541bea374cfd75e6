/// What a stand-in of Compute Engine has and how fast it is; the defaults suit a test.
public struct ComputeOptions: Sendable {
    public struct Project: Sendable, Equatable {
        public var id: String
        public var number: Int

        public init(id: String, number: Int) {
            self.id = id
            self.number = number
        }
    }

    public struct Region: Sendable, Equatable {
        /// Its name, such as `asia-northeast1`.
        public var name: String
        public var zoneLetters: String
        /// The first two numbers of its default subnetwork, which is a /20: `10.146`.
        public var subnet: String

        public init(name: String, zoneLetters: String, subnet: String) {
            self.name = name
            self.zoneLetters = zoneLetters
            self.subnet = subnet
        }

        public var zones: [String] { zoneLetters.map { "\(name)-\($0)" } }
    }

    /// How long things take, in milliseconds; the real ones take seconds to a minute.
    public struct Times: Sendable, Equatable {
        /// A new VM is PROVISIONING so long.
        public var provisioning = 2
        /// Then STAGING so long, until it runs.
        public var staging = 2
        /// STOPPING lasts at least so long.
        public var stopping = 2
        public var change = 1
        /// A second of `maxRunDuration` lasts so long; 1000 but in tests.
        public var second = 1_000
        /// The guest's time between the soft and the hard end of its VM; up to 30 s for a Spot VM.
        public var grace = 30_000

        public init() {}
    }

    /// The projects; any other is not found.
    public var projects: [Project]
    public var regions = [
        Region(name: "asia-northeast1", zoneLetters: "abc", subnet: "10.146"),
        Region(name: "us-central1", zoneLetters: "abcf", subnet: "10.128"),
    ]
    /// The limits of each region by metric.
    public var regionQuotas: [String: Double] = [
        "CPUS": 2_400, "E2_CPUS": 2_400, "PREEMPTIBLE_CPUS": 0, "INSTANCES": 6_000, "DISKS_TOTAL_GB": 409_600,
        "SSD_TOTAL_GB": 40_960, "IN_USE_ADDRESSES": 575, "STATIC_ADDRESSES": 175,
    ]
    /// The limits of the project by metric.
    public var projectQuotas: [String: Double] = ["CPUS_ALL_REGIONS": 4_800, "ROUTERS": 20, "NETWORKS": 15]
    public var times = Times()
    /// What boots the VMs; without one a VM just runs.
    public var host: (any VMHost)?
    /// Whether the value of `Authorization` is taken; nil takes all.
    public var isAuthorized: (@Sendable (String?) -> Bool)?
    /// Permissions that everybody lacks, beside those of the faults.
    public var isDenied: (@Sendable (String) -> Bool)?
    /// The project that other stand-ins share, with its APIs, policies and grants; nil for one where everything is allowed.
    public var cloud: CloudProject?
    public var orgPolicies: [OrgPolicy] = []
    /// Whether the network `default` is there.
    public var hasDefaultNetwork = true
    /// The service accounts that there are; nil takes all.
    public var serviceAccounts: Set<String>?
    /// What goes wrong from the start.
    public var faults: [ComputeFault] = []

    public init(project: String = "test-project", number: Int = 1_060_025_368_044) {
        projects = [Project(id: project, number: number)]
    }

    static let api = "compute.googleapis.com"

    /// Options for a project whose tokens, permissions, accounts and APIs other stand-ins share.
    public init(cloud: CloudProject) {
        self.init(project: cloud.id, number: cloud.number)
        isAuthorized = { cloud.tokens.grant(for: $0) != nil }
        isDenied = { cloud.isDenied($0) }
        self.cloud = cloud
        orgPolicies = cloud.orgPolicies
        serviceAccounts = cloud.accounts
    }
}
