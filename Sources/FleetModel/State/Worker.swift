/// Who works, or worked, on a shard as the platform sees it: a VM of Compute Engine, or a task of a batch engine.
public struct Worker: Sendable, Equatable {
    public enum State: Sendable {
        /// It runs, or will without anybody's help.
        case alive
        /// It is stopped, or on its way to that.
        case ended
    }

    /// The name, by which its heartbeats are known.
    public var name: String
    /// Where it is: a zone.
    public var place: String
    public var state: State
    /// The platform's word for the state.
    public var word: String
    /// When it was made or last started, in microseconds since 1970: what was written before is not from this life of it. Nil where the
    /// platform does not tell.
    public var since: Int64?
    public var isPreemptible: Bool
    /// The dates that it works on, in their order.
    public var dates: [CalendarDate]
    /// The name of the plan that it was told to read; nil where it was told none.
    public var plan: PlanName?
    public var shard: Int?
    /// How many shards its plan has.
    public var shards: Int?

    public init(
        name: String,
        place: String,
        state: State,
        word: String,
        since: Int64?,
        isPreemptible: Bool,
        dates: [CalendarDate],
        plan: PlanName?,
        shard: Int?,
        shards: Int?
    ) {
        self.name = name
        self.place = place
        self.state = state
        self.word = word
        self.since = since
        self.isPreemptible = isPreemptible
        self.dates = dates
        self.plan = plan
        self.shard = shard
        self.shards = shards
    }

    /// Whether something of that time is about this life of the worker. Store and platform have clocks of their own, and write times with
    /// fewer decimals than they know; a worker needs far longer to end and start again.
    func isAbout(written: Int64) -> Bool { since.map { written + Self.tolerance >= $0 } ?? true }

    private static let tolerance: Int64 = 500_000
}
