/// A virtual machine as Compute Engine describes it, as far as the kit looks at it.
public struct ComputeInstance: Sendable, Equatable {
    /// Compute Engine's life cycle; a word that this version does not know reads as `unknown`.
    public enum Status: String, Sendable, CaseIterable {
        case provisioning = "PROVISIONING"
        case staging = "STAGING"
        case pending = "PENDING"
        case running = "RUNNING"
        case pendingStop = "PENDING_STOP"
        case stopping = "STOPPING"
        case stopped = "STOPPED"
        case terminated = "TERMINATED"
        case suspending = "SUSPENDING"
        case suspended = "SUSPENDED"
        case repairing = "REPAIRING"
        case deprovisioning = "DEPROVISIONING"
        case unknown = "UNKNOWN"

        /// It runs, or will without anybody's help.
        public var isAlive: Bool {
            switch self {
            case .provisioning, .staging, .pending, .running, .repairing, .unknown: true
            case .pendingStop, .stopping, .stopped, .terminated, .suspending, .suspended, .deprovisioning: false
            }
        }

        /// It stands still and still owns its disks; it can be started. A preempted VM that was stopped reads so.
        public var isStopped: Bool { self == .terminated || self == .stopped }
    }

    /// The name, unique in its project and zone.
    public var name: String
    /// The zone's bare name.
    public var zone: String
    /// Where it is in its life.
    public var status: Status
    /// The machine type's bare name.
    public var machineType: String
    public var labels: [String: String]
    public var metadata: [String: String]
    /// Whether the platform may end it at any time (Spot, or old-style preemptible).
    public var isPreemptible: Bool
    /// When it was made, RFC 3339.
    public var created: String
    /// When it was last started, as Compute Engine writes it; nil before that.
    public var started: String?
    /// The external IPv4 addresses.
    public var externalAddresses: [String]
    /// Compute Engine's number of it, which tells it from a later one of the same name.
    public var id: String

    public init(
        name: String,
        zone: String,
        status: Status,
        machineType: String = "e2-highmem-2",
        labels: [String: String] = [:],
        metadata: [String: String] = [:],
        isPreemptible: Bool = true,
        created: String = "2023-05-24T00:00:00Z",
        started: String? = nil,
        externalAddresses: [String] = [],
        id: String = ""
    ) {
        self.name = name
        self.zone = zone
        self.status = status
        self.machineType = machineType
        self.labels = labels
        self.metadata = metadata
        self.isPreemptible = isPreemptible
        self.created = created
        self.started = started
        self.externalAddresses = externalAddresses
        self.id = id
    }
}
