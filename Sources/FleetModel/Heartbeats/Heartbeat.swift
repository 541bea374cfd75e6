/// What the worker of a shard is doing and has done: a VM, or a process of some machine.
public struct Heartbeat: Sendable, Equatable {
    public static let schema: Int64 = 2
    /// How many errors the document keeps; `Figures.failed` counts them all.
    public static let keptErrors = 10

    /// What became of one file, with the reason.
    public struct Note: Sendable, Equatable {
        public var object: String
        public var reason: String

        public init(object: String, reason: String) {
            self.object = object
            self.reason = reason
        }
    }

    /// The numbers. The counts of files add up to `total` when the attempt is over.
    public struct Figures: Sendable, Equatable {
        public var total = 0
        public var done = 0
        public var skipped = 0
        /// Written now, without rows as the source has none.
        public var empty = 0
        /// Not to be had at the source.
        public var absent = 0
        public var failed = 0
        public var rows: Int64 = 0
        /// Bytes received.
        public var bytesIn: Int64 = 0
        /// Bytes written.
        public var bytesOut: Int64 = 0
        /// Bytes received a second, lately.
        public var bytesPerSecond: Int64 = 0

        public init() {}

        public var settled: Int { done + skipped + empty + absent }
    }

    /// Where a worker that is no VM runs, so that one that was killed is known from one that works.
    public struct Process: Sendable, Equatable {
        public var host: String
        public var id: Int64
        /// When it began, in the units of its machine: a later process of the same id began at another time.
        public var began: Int64

        public init(host: String, id: Int64, began: Int64) {
            self.host = host
            self.id = id
            self.began = began
        }
    }

    public var date: CalendarDate
    /// The plan under which the worker works.
    public var plan: PlanID
    /// The VM's name, or what the process calls itself.
    public var vm: String
    /// The shard, 0 ..< `shards`.
    public var shard: Int
    /// How many shards the plan has.
    public var shards: Int
    /// 1 for the first run of this worker, one more for each further one.
    public var attempt: Int
    public var phase: ShardPhase
    public var figures: Figures
    /// Names of the objects in work.
    public var current: [String]
    /// Files that the source does not have; all of them.
    public var absences: [Absence]
    public private(set) var errors: [Note]
    public var process: Process?
    /// When the attempt began, in microseconds since 1970.
    public var started: Int64
    /// When this was written: by the worker's clock, or, where a listing told it, by the store's; in microseconds since 1970.
    public var updated: Int64

    public init(
        date: CalendarDate,
        plan: PlanID,
        vm: String,
        shard: Int,
        shards: Int,
        attempt: Int = 1,
        phase: ShardPhase = .starting,
        process: Process? = nil,
        now: Int64
    ) {
        self.date = date
        self.plan = plan
        self.vm = vm
        self.shard = shard
        self.shards = shards
        self.attempt = attempt
        self.phase = phase
        self.process = process
        figures = Figures()
        current = []
        absences = []
        errors = []
        started = now
        updated = now
    }

    public var name: String { ObjectLayout.name(.heartbeat(date, vm: vm, plan: plan, shard: shard)) }

    /// Keeps the error if it is one of the first; does not count it.
    public mutating func note(error: Note) {
        if errors.count < Self.keptErrors { errors.append(error) }
    }

    /// The phase that an attempt ends in when all its files have had their turn.
    public var finishedPhase: ShardPhase {
        if figures.total == 0 { return .empty }
        if figures.failed == 0 { return .done }
        return figures.settled > 0 ? .partial : .failed
    }

    /// Whether it tells fewer absences than it counts, as its metadata had no room for their names; its document has them.
    public var namesTooFewAbsences: Bool { figures.absent > absences.count }
}
