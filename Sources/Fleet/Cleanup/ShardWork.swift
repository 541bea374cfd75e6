public import Common
import GoogleCloud

/// Whether a VM's work is over, as the heartbeats of its dates tell.
public enum ShardWork: Sendable, Equatable {
    /// All its dates are whole.
    case finished
    /// Something is left to do; where the first such date stands.
    case unfinished(String)
    /// It cannot be told, for this reason.
    case unknown(String)

    /// Judges by the VM's own heartbeats. One of another shard is that of an earlier run, whose VM had the same name.
    public init(_ member: FleetMember, heartbeats: [CalendarDate: FleetHeartbeat]) {
        guard !member.dates.isEmpty else {
            self = .unknown("it does not say which dates it brings")
            return
        }
        for date in member.dates {
            guard let state = heartbeats[date]?.state, state.vm == member.vm.name,
                member.shard == nil || member.shard == state.shard,
                member.shards == nil || member.shards == state.shards
            else {
                self = .unfinished("\(date) not begun")
                return
            }
            guard state.phase.isComplete else {
                let figures = state.figures
                let count = figures.total > 0 ? ", \(figures.settled) of \(figures.total) files" : ""
                self = .unfinished("\(date) \(state.phase.rawValue)\(count)")
                return
            }
        }
        self = .finished
    }
}
