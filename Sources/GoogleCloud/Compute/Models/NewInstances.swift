/// What `instances.bulkInsert` is asked for: VMs that differ in their names only.
public struct NewInstances: Sendable, Equatable {
    /// Whether and how the platform may end a VM.
    public enum Provisioning: Sendable, Equatable {
        /// Runs until someone ends it.
        case standard
        /// Spot: cheap, may be preempted at any time.
        case spot
    }

    /// What becomes of a VM that is preempted or whose time is over.
    public enum Termination: String, Sendable {
        /// It stands still and keeps its disks.
        case stop = "STOP"
        /// It is gone, with its disks.
        case delete = "DELETE"
    }

    /// The VMs' names, no two equal.
    public var names: [String]
    /// How many must come for any to come; the rest of `names` may then be missing. `names.count` is all or nothing.
    public var minimum: Int
    /// The machine type's bare name (a URL is an internal error of bulkInsert).
    public var machineType: String
    /// The boot disk's image: `projects/P/global/images/family/FAMILY`.
    public var sourceImage: String
    /// The boot disk's size in GB.
    public var diskGigabytes: Int
    /// The boot disk's type, bare: `pd-standard`.
    public var diskType: String
    /// The network, `global/networks/NAME`; nil for the default one, or where the subnetwork says it.
    public var network: String?
    /// The subnetwork, `regions/R/subnetworks/NAME`.
    public var subnetwork: String?
    /// Whether each VM gets an address of its own on the internet.
    public var hasExternalAddress: Bool
    /// The service account that they run as, with the scope `cloud-platform`.
    public var serviceAccount: String
    public var labels: [String: String]
    /// The metadata; every VM gets the same.
    public var metadata: [String: String]
    /// Spot or not.
    public var provisioning: Provisioning
    /// What a preemption and the end of `maxRunSeconds` do.
    public var termination: Termination
    /// The longest life, in seconds; nil for no limit.
    public var maxRunSeconds: Int?
    /// Whether it is a Shielded VM: Secure Boot, vTPM, integrity monitoring.
    public var isShielded = true

    /// A request; all VMs are wanted unless `minimum` says less.
    public init(
        names: [String],
        minimum: Int? = nil,
        machineType: String,
        sourceImage: String,
        diskGigabytes: Int,
        diskType: String,
        network: String? = nil,
        subnetwork: String? = nil,
        hasExternalAddress: Bool,
        serviceAccount: String,
        labels: [String: String],
        metadata: [String: String],
        provisioning: Provisioning,
        termination: Termination,
        maxRunSeconds: Int?
    ) {
        self.names = names
        self.minimum = minimum ?? names.count
        self.machineType = machineType
        self.sourceImage = sourceImage
        self.diskGigabytes = diskGigabytes
        self.diskType = diskType
        self.network = network
        self.subnetwork = subnetwork
        self.hasExternalAddress = hasExternalAddress
        self.serviceAccount = serviceAccount
        self.labels = labels
        self.metadata = metadata
        self.provisioning = provisioning
        self.termination = termination
        self.maxRunSeconds = maxRunSeconds
    }
}
