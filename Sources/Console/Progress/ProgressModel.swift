/// The state of a set of tasks, as a value: what is waiting, under way, done and failed, and how fast it goes.
public struct ProgressModel: Sendable {
    public enum State: Sendable, Equatable {
        case waiting
        case running
        /// Ended well; the note says more where there is more to say ("there already").
        case done(note: String?)
        case failed(reason: String)
    }

    public struct Item: Sendable, Equatable {
        /// Its name, which is also its key.
        public let name: String
        public internal(set) var state = State.waiting
        /// Bytes so far.
        public internal(set) var bytes: Int64 = 0
        /// Bytes in all; nil when not known.
        public internal(set) var totalBytes: Int64?
        public internal(set) var rows: Int64 = 0
        public internal(set) var started: Duration?
        public internal(set) var ended: Duration?

        /// How long it took; zero before its end.
        public var took: Duration {
            guard let started, let ended else { return .zero }
            return ended - started
        }
    }

    public struct Totals: Sendable, Equatable {
        /// Tasks that have not begun.
        public var waiting = 0
        public var running = 0
        public var done = 0
        public var failed = 0
        /// Bytes so far.
        public var bytes: Int64 = 0
        public var rows: Int64 = 0

        public init() {}

        public var tasks: Int { waiting + running + done + failed }
        public var ended: Int { done + failed }
    }

    /// What is being done, in a few words.
    public let title: String
    /// What tasks are called: "files".
    public let unit: String
    public let started: Duration
    /// The tasks in the order in which they were first named.
    public private(set) var items: [Item] = []
    public private(set) var totals = Totals()
    private var indexes: [String: Int] = [:]
    private var samples: [(time: Duration, bytes: Int64)]

    /// The span over which the rate is measured.
    private static let rateSpan = Duration.seconds(10)

    /// A set without tasks that begins at `now`, a time of a clock that never steps back.
    public init(title: String, unit: String = "files", now: Duration) {
        self.title = title
        self.unit = unit
        started = now
        samples = [(now, 0)]
    }

    /// The task of that name; nil when there is none.
    public subscript(name: String) -> Item? { indexes[name].map { items[$0] } }

    /// Names a task that waits.
    public mutating func add(_ name: String, totalBytes: Int64? = nil) {
        update(name) { if let totalBytes { $0.totalBytes = totalBytes } }
    }

    /// Begins a task, again from nothing if it was begun before.
    public mutating func start(_ name: String, totalBytes: Int64? = nil, now: Duration) {
        update(name) { item in
            item.state = .running
            item.bytes = 0
            item.rows = 0
            item.started = now
            item.ended = nil
            if let totalBytes { item.totalBytes = totalBytes }
        }
    }

    /// Adds what a task has moved since the last time.
    public mutating func advance(_ name: String, bytes: Int64, rows: Int64) {
        update(name) { item in
            item.bytes += bytes
            item.rows += rows
        }
    }

    /// Ends a task well.
    public mutating func finish(_ name: String, note: String?, now: Duration) {
        update(name) { item in
            item.state = .done(note: note)
            item.ended = now
        }
    }

    /// Ends a task badly.
    public mutating func fail(_ name: String, reason: String, now: Duration) {
        update(name) { item in
            item.state = .failed(reason: reason)
            item.ended = now
        }
    }

    /// Takes note of the bytes at a time, for the rate.
    public mutating func sample(now: Duration) {
        samples.append((now, totals.bytes))
        // One sample from before the span stays, so that the span is covered.
        while samples.count > 2, samples[1].time <= now - Self.rateSpan { samples.removeFirst() }
    }

    /// Bytes a second over the last seconds.
    public var bytesPerSecond: Double {
        guard let first = samples.first, let last = samples.last, last.time > first.time else { return 0 }
        // A task that began again takes its bytes back.
        return max(0, Double(last.bytes - first.bytes)) / ((last.time - first.time) / .seconds(1))
    }

    /// The part that is done, 0 to 1, by tasks, those under way by their bytes where their total is known.
    public var fraction: Double {
        guard totals.tasks > 0 else { return 0 }
        let running = items.reduce(0.0) { sum, item in
            guard item.state == .running, let total = item.totalBytes, total > 0 else { return sum }
            return sum + min(1, Double(item.bytes) / Double(total))
        }
        return (Double(totals.ended) + running) / Double(totals.tasks)
    }

    private mutating func update(_ name: String, _ change: (inout Item) -> Void) {
        let index: Int
        if let known = indexes[name] {
            index = known
            count(items[index], by: -1)
        } else {
            index = items.count
            indexes[name] = index
            items.append(Item(name: name))
        }
        change(&items[index])
        count(items[index], by: 1)
    }

    private mutating func count(_ item: Item, by sign: Int) {
        switch item.state {
        case .waiting: totals.waiting += sign
        case .running: totals.running += sign
        case .done: totals.done += sign
        case .failed: totals.failed += sign
        }
        totals.bytes += Int64(sign) * item.bytes
        totals.rows += Int64(sign) * item.rows
    }
}
