import FleetModel

/// One shard of a run: the states of its dates, and its VM.
struct ShardStatus: Sendable, Equatable {
    /// The shard, 0 ..< the run's shards.
    let shard: Int
    let name: String
    /// Its part of each date, in the run's order.
    let days: [ShardState]
    let vm: VMState

    /// Whether all its files of all dates are settled.
    var isFinished: Bool { days.allSatisfy(\.isFinished) }
    /// How many files are yet to be downloaded.
    var missing: Int { days.reduce(0) { $0 + $1.counts.unsettled } }
    /// The last heartbeat of any date.
    var heartbeat: Heartbeat? { days.compactMap(\.heartbeat).max { $0.updated < $1.updated } }
    /// Whether a VM has worked on it.
    var hasBegun: Bool { vm.vm != nil || days.contains { $0.heartbeat != nil } }

    /// The phase that tells most: of the date in work, else of one that was lost, else of the one heard last.
    var phase: ShardPhase {
        let open = days.filter { !$0.isFinished }
        guard !open.isEmpty else { return days.allSatisfy { $0.phase == .empty } ? .empty : .done }
        if let day = open.first(where: \.phase.isWorking) ?? open.first(where: { $0.phase == .lost }) {
            return day.phase
        }
        return open.filter { $0.phase != .planned }.max { ($0.heard ?? 0) < ($1.heard ?? 0) }?.phase ?? .planned
    }

    /// Whether its VM, which is alive, is lost, or has failed long ago and does not end.
    func isLost(at now: Int64, _ rules: LivenessRules) -> Bool {
        let phase = phase
        guard phase != .lost else { return true }
        guard phase.isFinal, !phase.isComplete else { return false }
        let said = days.compactMap { max($0.heartbeat?.updated ?? 0, $0.noted ?? 0) }.max() ?? 0
        return said > 0 && .microseconds(now - said) > rules.silence
    }
}
