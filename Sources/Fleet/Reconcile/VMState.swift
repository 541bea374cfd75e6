import GoogleCloud

/// How it stands with the VM of one shard.
enum VMState: Sendable, Equatable {
    case none
    /// It runs, or will without anybody's help.
    case alive(ComputeInstance)
    /// It stands still and can be started again.
    case stopped(ComputeInstance)
    /// It stands still and cannot be used again: suspended, or told to do something else than the run needs now.
    case unusable(ComputeInstance)
    /// It is on its way to stand still or to be gone.
    case going(ComputeInstance)
    /// More than one of the name are alive, in several zones.
    case several([ComputeInstance])
    /// The name belongs to VMs that are not this run's.
    case taken([ComputeInstance])

    /// The standing of the VMs of one name. `expected` is what the run's VMs are told, of which only what decides their work is
    /// compared: dates, plan, shards, offset and bucket.
    init(_ vms: [ComputeInstance], run: FleetRun, prefix: String, expected: [String: String]) {
        let own = vms.filter { ManagedVM($0, prefix: prefix)?.run == run.id }.sorted { $0.zone < $1.zone }
        let alive = own.filter(\.status.isAlive)
        if alive.count > 1 {
            self = .several(alive)
        } else if let vm = alive.first {
            self = .alive(vm)
        } else if let vm = own.first(where: { $0.status.isStopped && Self.isTold(expected, $0) }) {
            self = .stopped(vm)
        } else if let vm = own.first(where: { !$0.status.isStopped && $0.status != .suspended }) {
            self = .going(vm)
        } else if let vm = own.first {
            self = .unusable(vm)
        } else {
            self = vms.isEmpty ? .none : .taken(vms.sorted { $0.zone < $1.zone })
        }
    }

    /// Whether a VM of the run is alive.
    var isAlive: Bool {
        switch self {
        case .alive, .several: true
        case .none, .stopped, .unusable, .going, .taken: false
        }
    }

    /// The run's VM of the name; nil when there is none or more than one.
    var vm: ComputeInstance? {
        switch self {
        case .alive(let vm), .stopped(let vm), .unusable(let vm), .going(let vm): vm
        case .none, .several, .taken: nil
        }
    }

    private static func isTold(_ expected: [String: String], _ vm: ComputeInstance) -> Bool {
        typealias Key = FleetNames.Metadata
        return [Key.dates, Key.plan, Key.shards, Key.shardOffset, Key.bucket].allSatisfy {
            expected[$0] == nil || vm.metadata[$0] == expected[$0]
        }
    }
}
