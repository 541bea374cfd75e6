import Common
import FleetModel
import GoogleCloud
import Transport

/// What an operator asks `orchestrate-tick-download` for, checked as far as that can be done without asking anybody.
struct LaunchSpec: Sendable {
    /// Which zones may be used.
    enum Zones: Sendable, Equatable {
        /// These, in this order, and no others.
        case only([String])
        /// This one first, then the others of its region.
        case preferring(String)

        var first: String {
            switch self {
            case .only(let zones): zones.first ?? ""
            case .preferring(let zone): zone
            }
        }
    }

    /// How VMs reach the internet.
    enum Egress: String, Sendable {
        /// Shared for more than one VM, unless the key's plan allows several addresses.
        case auto
        /// One address for all.
        case shared
        /// One address for each.
        case direct
    }

    /// What each VM is made of.
    struct Machine: Sendable, Equatable {
        /// The machine type's bare name.
        var type: String
        /// The boot disk in GB.
        var diskGigabytes: Int
        var diskType: String
        /// The image family of the boot disk.
        var imageFamily: String
        /// The project of the image family.
        var imageProject: String
        /// Whether the platform may end it at any time.
        var isPreemptible: Bool
        /// The longest life, in seconds.
        var maxRunSeconds: Int
        /// Whether it stays when its work is over.
        var isKept: Bool
        /// Whether it is a Shielded VM.
        var isShielded = true
    }

    var run: FleetRun
    /// The shards that are to be downloaded now.
    var shards: ClosedRange<Int>
    /// How many VMs were asked for, which may be more than the run has.
    var instances: Int
    /// The bucket, `gs://NAME`.
    var bucket: String
    var project: String
    var zones: Zones
    /// What each VM is made of.
    var machine: Machine
    /// The service account that the VMs run as.
    var serviceAccount: String
    var image: String
    var prefix: String
    /// The network's bare name; nil for the default one, or that of the subnetwork.
    var network: String?
    /// The subnetwork's bare name.
    var subnetwork: String?
    /// The project that the subnetwork belongs to, where it is shared with this one (Shared VPC); nil for this project.
    var hostProject: String?
    var egress: Egress = .auto
    /// The secret that was named; it must be there.
    var secret: String?
    /// The Tardis key, if there is one here.
    var key: Secret?
    /// Whether the key may stand in metadata.
    var allowsPlainKey: Bool = true
    /// The script that VMs run at boot.
    var startupScript: String
    /// When a VM counts as lost.
    var liveness = LivenessRules()
    /// The script that VMs run when they are turned off; nil for none.
    var shutdownScript: String?

    var region: String { ComputeRegion.name(ofZone: zones.first) }
    /// Whether each date is free: the first day of a month.
    var isFree: Bool { run.dates.allSatisfy(\.isFirstOfMonth) }
    /// The number of shards to download.
    var shardCount: Int { shards.count }
}
