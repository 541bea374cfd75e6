public import Common

/// How it stands with one shard of a run: its files of each date, its VM, and what that said last.
public struct ShardStatus: Sendable, Equatable {
    /// One date of the shard.
    public struct Day: Sendable, Equatable {
        /// The date.
        public let date: CalendarDate
        /// How many objects there should be.
        public let expected: Int
        /// How many are there and whole.
        public let whole: Int
        /// The rows of these.
        public let rows: Int64
        /// The bytes of their sources, compressed as received.
        public let bytesIn: Int64
        /// Their own bytes.
        public let bytesOut: Int64
        /// The names of the objects that are not there or not whole.
        public let missing: [String]
        /// How many of `missing` the source does not have, as a heartbeat said; all or none of them.
        public let absent: Int
        /// What the shard's VM said last of the date; nil when it has said nothing.
        public let heartbeat: ShardState?

        /// Whether nothing is left to do.
        public var isFinished: Bool { missing.count == absent }
    }

    /// The shard, 0 ..< the run's `shards`.
    public let shard: Int
    /// The name of its VM.
    public let name: String
    /// The dates, in the run's order.
    public let days: [Day]
    /// The VM.
    public let vm: VMStanding

    /// Whether nothing is left to do for any date.
    public var isFinished: Bool { days.allSatisfy(\.isFinished) }
    /// How many objects have still to be brought.
    public var missing: Int { days.reduce(0) { $0 + $1.missing.count - $1.absent } }
    /// What its VM said last, of whatever date; nil when it has said nothing.
    public var heartbeat: ShardState? { days.compactMap(\.heartbeat).max { $0.updated < $1.updated } }
    /// Whether a VM has worked on it before.
    public var hasBegun: Bool { vm.vm != nil || days.contains { $0.heartbeat != nil } }

    /// The phase that a screen shows: what the objects and the VM tell goes before what the VM said last.
    public var phase: ShardPhase {
        if isFinished { return .done }
        let said = heartbeat?.phase
        if vm.isAlive { return said.flatMap { $0 == .preempted || $0 == .stopped ? nil : $0 } ?? .starting }
        guard let said else { return .planned }
        // A VM that is gone without a last word was ended by the platform.
        return said.isFinal ? said : .preempted
    }
}
