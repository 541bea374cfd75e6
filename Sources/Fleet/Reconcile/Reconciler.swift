import FleetModel
import GoogleCloud

/// Desired minus actual: what has to be done for a run's files to become whole.
enum Reconciler {
    /// What to do.
    ///
    /// - Parameters:
    ///   - range: the shards that are looked after; all when nil. The others are left as they are.
    ///   - cannotStart: names of VMs that stand still and could not be started, for want of room in their zones.
    static func reconcile(
        _ state: FleetState,
        range: ClosedRange<Int>? = nil,
        cannotStart: Set<String> = []
    ) -> Reconciliation {
        let shards = state.shards.filter { range?.contains($0.shard) ?? true }
        return Reconciliation(shards, shards.map { action($0, cannotStart) }, total: state.shards.count)
    }

    /// What one shard needs. A lost VM is replaced, unless `--wait` has decided otherwise.
    static func action(
        _ status: ShardStatus,
        _ cannotStart: Set<String> = [],
        replacesLost: Bool = true
    ) -> ShardAction {
        let verdict: ShardAction.Verdict =
            if status.isFinished {
                .finished
            } else {
                switch status.vm {
                case .none: .create
                case .alive(let vm): replacesLost && status.phase == .lost ? .replace(vm) : .leave(vm)
                case .stopped(let vm): cannotStart.contains(vm.name) ? .replace(vm) : .start(vm)
                case .unusable(let vm): .replace(vm)
                case .going(let vm): .waitGone(vm)
                case .several(let vms): .leaveAll(vms)
                case .taken(let vms): .conflict(vms)
                }
            }
        return ShardAction(shard: status.shard, name: status.name, verdict: verdict)
    }
}
