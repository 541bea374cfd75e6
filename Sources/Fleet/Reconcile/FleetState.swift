import FleetModel
import GoogleCloud

/// A run's view of its dates: the states of its plan's shards, put together by VM.
struct FleetState: Sendable, Equatable {
    let run: FleetRun
    /// The prefix of the VMs' names.
    let prefix: String
    /// The number of the VM that works on shard 0.
    let offset: Int
    let shards: [ShardStatus]
    /// When it was looked at, in microseconds since 1970.
    let now: Int64

    /// - Parameters:
    ///   - plan: the name under which the run's plan is, or will be.
    ///   - expected: the metadata that the run's VMs are given now (`FleetRun.metadata`); a VM that is stopped and was told otherwise is
    ///     not started again. Empty: any will do.
    ///   - snapshot: VMs in it that are others' are passed over unless they have a name of the run.
    init(
        _ run: FleetRun,
        plan: PlanName,
        prefix: String,
        offset: Int,
        expected: [String: String] = [:],
        snapshot: FleetSnapshot,
        rules: LivenessRules = LivenessRules(),
        now: Int64
    ) {
        self.run = run
        self.prefix = prefix
        self.offset = offset
        self.now = now
        let lastHeard = LastHeard(snapshot.heartbeats, isComplete: true)
        let dates = snapshot.dates.map { facts in
            var facts = facts
            // It is written before the first VM.
            if !facts.plans.contains(where: { $0.plan.id == run.planID }) {
                facts.plans.append(.init(name: plan, plan: run.plan(for: facts.date, created: 0)))
            }
            let state = DateState(facts, rules: rules, lastHeard: lastHeard, now: now)
            return state.shards.filter { $0.plan == run.planID }
        }
        let standing = Dictionary(grouping: snapshot.vms, by: \.name)
        shards = run.vmNames(prefix: prefix, offset: offset).enumerated().map { shard, name in
            ShardStatus(
                shard: shard,
                name: name,
                days: dates.map { $0[shard] },
                vm: VMState(standing[name] ?? [], run: run, prefix: prefix, expected: expected)
            )
        }
    }
}
