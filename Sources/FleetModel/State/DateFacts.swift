/// What was read of one date at one moment.
public struct DateFacts: Sendable {
    /// One plan of the date.
    public struct NamedPlan: Sendable, Equatable {
        public var name: PlanName
        public var plan: Plan
        /// Whether nobody wrote it: it is what is wanted of a date that has none yet.
        public var isAssumed: Bool

        public init(name: PlanName, plan: Plan, isAssumed: Bool = false) {
            self.name = name
            self.plan = plan
            self.isAssumed = isAssumed
        }
    }

    /// Why a VM ended before its container could say so.
    public struct EndNote: Sendable, Equatable {
        public var vm: String
        public var phase: ShardPhase
        /// The plan that the VM was told to read.
        public var plan: PlanName
        public var shard: Int
        public var reason: String
        /// When it was written, in microseconds since 1970.
        public var written: Int64

        /// Reads the text of such an object, `STATE PLAN SHARD REASON`; nil when it is none.
        public init?(vm: String, text: String, written: Int64) {
            let words = text.split(separator: " ", maxSplits: 3)
            guard words.count == 4, let phase = ShardPhase(rawValue: String(words[0])),
                phase == .failed || phase == .preempted || phase == .stopped, let plan = PlanName(String(words[1])),
                let shard = RecordBounds.shards.containing(Int64(words[2]))
            else { return nil }
            self.vm = vm
            self.phase = phase
            self.plan = plan
            self.shard = Int(shard)
            reason = words[3].prefix(1_000).split(whereSeparator: \.isNewline).joined(separator: " ")
            self.written = written
        }
    }

    /// A heartbeat that cannot be read.
    public struct Unreadable: Sendable, Equatable {
        public var vm: String
        /// A sentence that names the object.
        public var reason: String
        /// When it was written, in microseconds since 1970; nil where the store does not tell.
        public var written: Int64?

        public init(vm: String, reason: String, written: Int64? = nil) {
            self.vm = vm
            self.reason = reason
            self.written = written
        }
    }

    public var date: CalendarDate
    /// The platform's workers of the kit; nil when they could not be listed.
    public var workers: [Worker]?
    /// The plans, in the order in which they are to be shown.
    public var plans: [NamedPlan]
    public var heartbeats: [Heartbeat]
    public var unreadable: [Unreadable]
    /// The newest note of each VM.
    public var ends: [EndNote]
    public var objects: [ListedObject]
    /// What could not be read and why, one sentence each.
    public var notes: [String]
    /// Plans of the date that cannot be read, one sentence each: what they ask for is not known.
    public var damages: [String]

    public init(
        date: CalendarDate,
        workers: [Worker]?,
        plans: [NamedPlan] = [],
        heartbeats: [Heartbeat] = [],
        unreadable: [Unreadable] = [],
        ends: [EndNote] = [],
        objects: [ListedObject] = [],
        notes: [String] = [],
        damages: [String] = []
    ) {
        self.date = date
        self.workers = workers
        self.plans = plans
        self.heartbeats = heartbeats
        self.unreadable = unreadable
        self.ends = ends
        self.objects = objects
        self.notes = notes
        self.damages = damages
    }
}
