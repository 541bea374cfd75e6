public import Common
public import GoogleCloud

/// What one VM says of its shard of one date.
public struct FleetHeartbeat: Sendable, Equatable {
    /// The date.
    public let date: CalendarDate
    /// What it says.
    public let state: ShardState

    /// A heartbeat.
    public init(date: CalendarDate, state: ShardState) {
        self.date = date
        self.state = state
    }

    /// Reads the metadata of an object of `_runs/DATE/shards/`; nil when it is no heartbeat of this version, or not that of the
    /// VM in its name.
    public init?(_ info: ObjectInfo) {
        guard case .shard(let date, let vm) = ObjectLayout.parse(info.name),
            let state = ShardState(metadata: info.metadata), state.vm == vm, state.shard >= 0
        else { return nil }
        self.init(date: date, state: state)
    }
}
