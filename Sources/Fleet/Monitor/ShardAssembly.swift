import Common
import Console
import GoogleCloud
import Text

/// Puts files, heartbeats and VMs of a date together by plan and shard.
struct ShardAssembly {
    /// One shard.
    struct Row {
        let plan: String
        let shard: Int
        let vm: String?
        let standing: MonitorJudgement.Standing
        let day: ShardStatus.Day

        /// How long the VM has run: from its making, or, where it is gone, from what it said and the usual time to boot.
        func worked(now: Int64) -> Duration? {
            let beat = day.heartbeat
            guard let vm = standing.vm, let born = CivilTime.epochMicroseconds(rfc3339: vm.created) else {
                return beat.map { ExpectedRates.boot + .microseconds(max(0, $0.updated - $0.started)) }
            }
            return .microseconds(max(0, (vm.status.isStopped ? beat?.updated ?? born : now) - born))
        }
    }

    private struct Slot: Hashable {
        let plan: String
        let shard: Int
    }

    /// The shards of all plans, in their order.
    let rows: [Row]

    init(_ snapshot: DateSnapshot, _ members: [FleetMember]?, _ infos: [String: ObjectInfo], prefix: String) {
        let beats = Self.heartbeats(snapshot, members ?? [])
        let vms = members.map { Self.members($0, snapshot.plans, beats) }
        rows = snapshot.plans.filter { !$0.isAssumed }.flatMap { named in
            Self.objects(named.plan).enumerated().map { shard, objects in
                let slot = Slot(plan: named.name, shard: shard)
                let said = beats[slot] ?? []
                let own = vms?[slot] ?? []
                let standing = vms == nil ? .unknown : MonitorJudgement.Standing(own.map(\.vm))
                let name = standing.vm?.name ?? said.max { $0.updated < $1.updated }?.vm
                let day = ShardStatus.Day(snapshot.date, objects, infos, said, vm: name ?? "")
                return Row(plan: named.name, shard: shard, vm: name, standing: standing, day: day)
            }
        }
    }

    private static func objects(_ plan: Plan) -> [[DataObject]] {
        var shards = [[DataObject]](repeating: [], count: plan.shards)
        for (index, instrument) in plan.instruments.enumerated() {
            shards[shard(ofInstrumentAt: index, shards: plan.shards)] += plan.objects(of: instrument)
        }
        return shards
    }

    /// The heartbeats by shard. A heartbeat does not name its plan: its VM does while there is one, and otherwise the number of
    /// shards and of the shard's files tell it.
    private static func heartbeats(_ snapshot: DateSnapshot, _ members: [FleetMember]) -> [Slot: [ShardState]] {
        let told = Dictionary(members.compactMap { member in member.plan.map { (member.vm.name, $0) } }) { first, _ in
            first
        }
        let sizes = snapshot.plans.map { named in objects(named.plan).map(\.count) }
        var found: [Slot: [ShardState]] = [:]
        for beat in snapshot.heartbeats where beat.date == snapshot.date {
            let state = beat.state
            let fitting = snapshot.plans.indices.filter { index in
                let total = state.figures.total
                return sizes[index].count == state.shards && state.shard < state.shards
                    && (total == 0 || sizes[index][state.shard] == total)
            }
            let own = fitting.first { snapshot.plans[$0].name == told[state.vm] }
            guard let index = own ?? fitting.first else { continue }
            found[Slot(plan: snapshot.plans[index].name, shard: state.shard), default: []].append(state)
        }
        return found
    }

    /// The VMs by shard: as their metadata says, or else as their heartbeats do.
    private static func members(
        _ members: [FleetMember],
        _ plans: [DateSnapshot.NamedPlan],
        _ beats: [Slot: [ShardState]]
    ) -> [Slot: [FleetMember]] {
        var spoken: [String: Slot] = [:]
        for (slot, states) in beats { for state in states { spoken[state.vm] = slot } }
        var found: [Slot: [FleetMember]] = [:]
        for member in members {
            let plan = plans.first { $0.name == member.plan && $0.plan.shards == member.shards }
            let told = plan.flatMap { plan in member.shard.map { Slot(plan: plan.name, shard: $0) } }
            guard let slot = told ?? spoken[member.vm.name] else { continue }
            found[slot, default: []].append(member)
        }
        return found
    }
}

extension FleetMember {
    /// The plan's name within `_runs/DATE/`, as its metadata says.
    var plan: String? { vm.metadata[FleetNames.Metadata.plan] }
}
