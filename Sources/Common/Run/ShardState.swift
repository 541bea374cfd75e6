/// A shard's heartbeat: what one VM is doing and has done.
public struct ShardState: Sendable, Equatable {
    /// The document's schema.
    public static let schema: Int64 = 1
    /// How many errors the document keeps; `Figures.failed` counts them all.
    public static let keptErrors = 10

    /// What became of one file, with the reason.
    public struct Note: Sendable, Equatable {
        /// The object's name.
        public var object: String
        /// One sentence.
        public var reason: String

        /// A note on one file.
        public init(object: String, reason: String) {
            self.object = object
            self.reason = reason
        }
    }

    /// The numbers. The counts of files add up to `total` when the attempt is over.
    public struct Figures: Sendable, Equatable {
        /// Files of the shard.
        public var total = 0
        /// Written now, with rows.
        public var done = 0
        /// There and whole already.
        public var skipped = 0
        /// Written now, without rows as the source has none.
        public var empty = 0
        /// Not to be had at the source.
        public var absent = 0
        /// Failed.
        public var failed = 0
        /// Rows written.
        public var rows: Int64 = 0
        /// Bytes received.
        public var bytesIn: Int64 = 0
        /// Bytes written.
        public var bytesOut: Int64 = 0
        /// Bytes received a second, lately.
        public var bytesPerSecond: Int64 = 0

        /// All zero.
        public init() {}

        /// Files that need nothing more.
        public var settled: Int { done + skipped + empty + absent }
    }

    /// The VM's name.
    public var vm: String
    /// The shard, 0 ..< `shards`.
    public var shard: Int
    /// How many shards the plan has.
    public var shards: Int
    /// 1 for the first run of this VM, one more for each further one.
    public var attempt: Int
    /// Where the work stands.
    public var phase: ShardPhase
    /// The numbers.
    public var figures: Figures
    /// Names of the objects in work.
    public var current: [String]
    /// Files that the source does not have; all of them.
    public var absences: [Note]
    /// The first errors.
    public private(set) var errors: [Note]
    /// When the attempt began, in microseconds since 1970.
    public var started: Int64
    /// When this was written, in microseconds since 1970.
    public var updated: Int64

    /// A state at the beginning of an attempt.
    public init(vm: String, shard: Int, shards: Int, attempt: Int = 1, phase: ShardPhase = .starting, now: Int64) {
        self.vm = vm
        self.shard = shard
        self.shards = shards
        self.attempt = attempt
        self.phase = phase
        figures = Figures()
        current = []
        absences = []
        errors = []
        started = now
        updated = now
    }

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
}
