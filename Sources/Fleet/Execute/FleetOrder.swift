import Common
public import FleetModel
import GoogleCloud
public import Transport

/// What an operator asks `orchestrate-tick-download` for, checked as far as that can be done without asking anybody.
public struct FleetOrder: Sendable {
    /// Which zones may be used.
    public enum Zones: Sendable, Equatable {
        /// These, in this order, and no others.
        case only([String])
        /// This one first, then the others of its region.
        case preferring(String)

        /// The first zone to try.
        public var first: String {
            switch self {
            case .only(let zones): zones.first ?? ""
            case .preferring(let zone): zone
            }
        }
    }

    /// How VMs reach the internet.
    public enum Egress: String, Sendable {
        /// Shared for more than one VM, unless the key's plan allows several addresses.
        case auto
        /// One address for all.
        case shared
        /// One address for each.
        case direct
    }

    /// What each VM is made of.
    public struct Machine: Sendable, Equatable {
        /// The machine type's bare name.
        public var type: String
        /// The boot disk in GB.
        public var diskGigabytes: Int
        /// The boot disk's type.
        public var diskType: String
        /// The image family of the boot disk.
        public var imageFamily: String
        /// The project of the image family.
        public var imageProject: String
        /// Whether the platform may end it at any time.
        public var isPreemptible: Bool
        /// The longest life, in seconds.
        public var maxRunSeconds: Int
        /// Whether it stays when its work is over.
        public var isKept: Bool
        /// Whether it is a Shielded VM.
        public var isShielded = true

        /// A machine.
        public init(
            type: String,
            diskGigabytes: Int,
            diskType: String,
            imageFamily: String,
            imageProject: String,
            isPreemptible: Bool,
            maxRunSeconds: Int,
            isKept: Bool
        ) {
            self.type = type
            self.diskGigabytes = diskGigabytes
            self.diskType = diskType
            self.imageFamily = imageFamily
            self.imageProject = imageProject
            self.isPreemptible = isPreemptible
            self.maxRunSeconds = maxRunSeconds
            self.isKept = isKept
        }
    }

    /// The dates, instruments and shards.
    public var run: FleetRun
    /// The shards that are to be brought now.
    public var shards: ClosedRange<Int>
    /// How many VMs were asked for, which may be more than the run has.
    public var instances: Int
    /// The bucket, `gs://NAME`.
    public var bucket: String
    /// The project.
    public var project: String
    /// The zones.
    public var zones: Zones
    /// What each VM is made of.
    public var machine: Machine
    /// The service account that the VMs run as.
    public var serviceAccount: String
    /// The container image.
    public var image: String
    /// What VMs' names begin with.
    public var prefix: String
    /// The network's bare name; nil for the default one, or that of the subnetwork.
    public var network: String?
    /// The subnetwork's bare name.
    public var subnetwork: String?
    /// The project that the subnetwork belongs to, where it is shared with this one (Shared VPC); nil for this project.
    public var hostProject: String?
    /// How VMs reach the internet.
    public var egress: Egress
    /// The secret that was named; it must be there.
    public var secret: String?
    /// The Tardis key, if there is one here.
    public var key: Secret?
    /// Whether the key may stand in metadata.
    public var allowsPlainKey: Bool
    /// The script that VMs run at boot.
    public var startupScript: String
    /// When a VM counts as lost.
    public var liveness = LivenessRules()
    /// The script that VMs run when they are turned off; nil for none.
    public var shutdownScript: String?

    /// An order.
    public init(
        run: FleetRun,
        shards: ClosedRange<Int>,
        instances: Int,
        bucket: String,
        project: String,
        zones: Zones,
        machine: Machine,
        serviceAccount: String,
        image: String,
        prefix: String,
        network: String? = nil,
        subnetwork: String? = nil,
        egress: Egress = .auto,
        secret: String? = nil,
        key: Secret? = nil,
        allowsPlainKey: Bool = true,
        startupScript: String,
        shutdownScript: String? = nil
    ) {
        self.run = run
        self.shards = shards
        self.instances = instances
        self.bucket = bucket
        self.project = project
        self.zones = zones
        self.machine = machine
        self.serviceAccount = serviceAccount
        self.image = image
        self.prefix = prefix
        self.network = network
        self.subnetwork = subnetwork
        self.egress = egress
        self.secret = secret
        self.key = key
        self.allowsPlainKey = allowsPlainKey
        self.startupScript = startupScript
        self.shutdownScript = shutdownScript
    }

    /// The region of the zones.
    public var region: String { ComputeRegion.name(ofZone: zones.first) }
    /// Whether each date is free: the first day of a month.
    public var isFree: Bool { run.dates.allSatisfy(\.isFirstOfMonth) }
    /// The number of shards to bring.
    public var shardCount: Int { shards.count }
}
