/// What goes wrong in the stand-in of Compute Engine, beyond the faults of single requests.
///
/// `vm` is a pattern of names with `*`; `times` is how often a rule strikes, for each VM the first so many boots.
public enum ComputeFault: Sendable, Equatable {
    /// No machines are left in a zone.
    case stockOut(StockOut)
    /// A zone has room for so many VMs that do not stand still.
    case capacity(zone: String, vms: Int, summary: MinimumSummary = .first)
    /// Another limit of a quota, in one region or (nil) wherever the metric is counted.
    case quota(metric: String, region: String?, limit: Double)
    /// Whether a quota that is used up refuses a request at once (403) instead of failing its operation.
    case quotaRefusal(atOnce: Bool)
    /// A VM is preempted.
    case preemption(Preemption)
    /// VMs that may be preempted are, at random.
    case randomPreemptions(RandomPreemptions)
    /// Operations of a type (`*` for all) take so many milliseconds longer.
    case slow(operation: String, milliseconds: Int)
    /// A VM does not come up.
    case noBoot(vm: String, way: NoBoot, times: Int)
    /// The caller lacks a permission such as `compute.instances.create`.
    case denied(permission: String)
    /// A zone does not answer to lists.
    case unreachable(zone: String)

    /// Which requests for VMs meet an empty zone.
    public struct StockOut: Sendable, Equatable {
        /// The zone's name or `*`.
        public var zone = "*"
        /// The machine type's name or `*`.
        public var machineType = "*"
        public var times = Int.max
        public var code = "ZONE_RESOURCE_POOL_EXHAUSTED"
        /// Whether a bulkInsert is refused at once (503), as the real one is, or its operation fails.
        public var form = Form.response
        /// How an operation that fails for this tells so.
        public var summary = MinimumSummary.first
        /// The zones that the failure names as having room.
        public var zonesAvailable: [String] = []

        public init() {}

        /// Where a stock-out is told.
        public enum Form: String, Sendable {
            /// The request is refused; single inserts and starts fail as operations all the same.
            case response
            case operation
        }
    }

    /// How `VM_MIN_COUNT_NOT_REACHED` is told by the operation of a bulkInsert that made too few VMs.
    public enum MinimumSummary: String, Sendable {
        case first
        /// Without the cause, which only the operations of the single VMs have.
        case alone
        /// Not at all: only the cause.
        case none
    }

    /// When a VM is preempted.
    public struct Preemption: Sendable, Equatable {
        /// Its name, or a pattern with `*`.
        public var vm = "*"
        /// So many milliseconds after it runs; nil when bytes decide.
        public var afterMilliseconds: Int?
        /// When it has downloaded so many bytes.
        public var afterBytes: Int?
        /// How many boots of each VM it strikes.
        public var times = 1

        public init() {}
    }

    /// Preemptions of running Spot VMs, chosen by a seed.
    public struct RandomPreemptions: Sendable, Equatable {
        public var count: Int
        public var seed: UInt64
        /// Milliseconds between two.
        public var between: ClosedRange<Int>

        public init(count: Int, seed: UInt64, between: ClosedRange<Int>) {
            self.count = count
            self.seed = seed
            self.between = between
        }
    }

    /// How a VM does not come up.
    public enum NoBoot: String, Sendable {
        case staging
        /// It runs, but nothing happens in it and its console stays empty.
        case silent
    }
}
