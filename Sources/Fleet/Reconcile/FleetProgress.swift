public import Common

/// How far a run is, in numbers.
public struct FleetProgress: Sendable, Equatable {
    /// How many shards are in each phase; phases of none are left out.
    public private(set) var phases: [ShardPhase: Int] = [:]
    /// How many shards there are.
    public private(set) var shards = 0
    /// How many of them are finished.
    public private(set) var finished = 0
    /// How many VMs are alive.
    public private(set) var aliveVMs = 0
    /// How many objects there should be.
    public private(set) var expected = 0
    /// How many are there and whole.
    public private(set) var whole = 0
    /// How many the source does not have.
    public private(set) var absent = 0
    /// Rows of the whole objects.
    public private(set) var rows: Int64 = 0
    /// Bytes of their sources, as received.
    public private(set) var bytesIn: Int64 = 0
    /// Their own bytes.
    public private(set) var bytesOut: Int64 = 0
    /// Bytes that the VMs receive a second, lately, all together.
    public private(set) var bytesPerSecond: Int64 = 0

    /// The progress of some shards of a run; of all when no range is given.
    public init(_ state: FleetState, range: ClosedRange<Int>? = nil) {
        for shard in state.shards where range?.contains(shard.shard) ?? true {
            shards += 1
            phases[shard.phase, default: 0] += 1
            if shard.isFinished { finished += 1 }
            if shard.vm.isAlive {
                aliveVMs += 1
                if let beat = shard.heartbeat, !beat.phase.isFinal { bytesPerSecond += beat.figures.bytesPerSecond }
            }
            for day in shard.days {
                expected += day.expected
                whole += day.whole
                absent += day.absent
                rows += day.rows
                bytesIn += day.bytesIn
                bytesOut += day.bytesOut
            }
        }
    }

    /// How many objects have still to be brought.
    public var missing: Int { expected - whole - absent }

    /// The time that the rest takes if its objects are as large as those that are there; nil when nothing tells.
    public var remaining: Duration? {
        if missing == 0 { return .zero }
        guard whole > 0, bytesIn > 0, bytesPerSecond > 0 else { return nil }
        return .seconds(Double(bytesIn) / Double(whole) * Double(missing) / Double(bytesPerSecond))
    }
}
