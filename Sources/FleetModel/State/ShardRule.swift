import Console

/// Where a shard's work stands, and why: the only place where that is decided. A plain rule about what was read.
struct ShardRule: Equatable {
    let phase: ShardPhase
    /// One sentence; nil when the phase says it all.
    let reason: String?
    /// When the note was written that tells it; nil when something else does.
    private(set) var noted: Int64?

    /// What is known of the shard's worker.
    enum WorkerKnown: Equatable {
        /// The platform's workers could not be listed.
        case unknown
        case none
        case one(Worker)
    }

    /// What the rule looks at.
    struct Evidence {
        var date: CalendarDate
        var isFinished: Bool
        /// How many files the shard has, and how many of them are not settled.
        var expected: Int
        var unsettled: Int
        var worker: WorkerKnown
        /// The last heartbeat of the shard by whomever.
        var heartbeat: Heartbeat?
        /// The note of the shard's worker; nil when it has none.
        var end: DateFacts.EndNote?
        /// Why the worker's heartbeat cannot be read.
        var unreadable: String?
        /// Whether all dates of the worker were read.
        var knowsOtherDates = false
        /// When the worker was last heard about any date, as far as others were read.
        var lastHeard: Int64?
    }

    private init(_ phase: ShardPhase, _ reason: String? = nil) {
        self.phase = phase
        self.reason = reason
    }

    init(_ evidence: Evidence, _ rules: LivenessRules, now: Int64) {
        guard !evidence.isFinished else {
            self.init(evidence.expected == 0 ? .empty : .done)
            return
        }
        self =
            switch evidence.worker {
            case .one(let worker) where worker.state == .alive: Self.alive(worker, evidence, rules, now)
            case .one(let worker): Self.ended(worker, evidence)
            case .none: Self.gone(evidence, rules, now)
            case .unknown: Self.unseen(evidence, rules, now)
            }
    }

    private static func alive(_ worker: Worker, _ evidence: Evidence, _ rules: LivenessRules, _ now: Int64) -> Self {
        if let note = note(evidence, of: worker) { return note }
        if let heartbeat = heartbeat(evidence, of: worker) { return said(heartbeat, evidence, rules, now) }
        if let first = worker.dates.first, first != evidence.date {
            // Silent about another date of its own, it will not come to this one.
            if let heard = evidence.lastHeard, age(heard, now) > rules.silence {
                return Self(
                    .lost,
                    "no heartbeat for \(Format.duration(age(heard, now))), when it worked on another date"
                )
            }
            if evidence.lastHeard != nil || !evidence.knowsOtherDates || !isLate(worker, rules, now) {
                return Self(
                    .planned,
                    evidence.unreadable.map { "unreadable: \($0)" } ?? "its VM works on other dates first"
                )
            }
        }
        if let since = worker.since, age(since, now) > rules.boot {
            return Self(.lost, "its VM has been running for \(Format.duration(age(since, now))) without a heartbeat")
        }
        return Self(.starting, evidence.unreadable.map { "unreadable: \($0)" })
    }

    private static func isLate(_ worker: Worker, _ rules: LivenessRules, _ now: Int64) -> Bool {
        worker.since.map { age($0, now) > rules.boot } ?? false
    }

    private static func ended(_ worker: Worker, _ evidence: Evidence) -> Self {
        if let note = note(evidence, of: worker) { return note }
        if let heartbeat = heartbeat(evidence, of: worker), heartbeat.phase.isFinal {
            return ending(heartbeat, evidence)
        }
        return Self(worker.isPreemptible ? .preempted : .stopped, "its VM is \(worker.word)")
    }

    private static func gone(_ evidence: Evidence, _ rules: LivenessRules, _ now: Int64) -> Self {
        if let note = note(evidence, of: nil) { return note }
        guard let heartbeat = evidence.heartbeat, !heartbeat.phase.isFinal, heartbeat.process == nil else {
            return unseen(evidence, rules, now)
        }
        return Self(.lost, "its VM no longer exists; its last heartbeat said \(heartbeat.phase.rawValue)")
    }

    private static func unseen(_ evidence: Evidence, _ rules: LivenessRules, _ now: Int64) -> Self {
        note(evidence, of: nil) ?? evidence.heartbeat.map { said($0, evidence, rules, now) } ?? Self(.planned)
    }

    private static func said(_ heartbeat: Heartbeat, _ evidence: Evidence, _ rules: LivenessRules, _ now: Int64) -> Self
    {
        if heartbeat.phase.isFinal { return ending(heartbeat, evidence) }
        let age = age(heartbeat.updated, now)
        if age > rules.silence {
            return Self(
                .lost,
                "no heartbeat for \(Format.duration(age)); the last one said \(heartbeat.phase.rawValue)"
            )
        }
        return Self(heartbeat.phase, heartbeat.phase == .locked ? heartbeat.reason : nil)
    }

    private static func ending(_ heartbeat: Heartbeat, _ evidence: Evidence) -> Self {
        guard heartbeat.phase.isComplete else { return Self(heartbeat.phase, heartbeat.reason) }
        let missing = evidence.unsettled
        return Self(
            .partial,
            "its heartbeat says \(heartbeat.phase.rawValue), but \(missing) of its files \(missing == 1 ? "is" : "are") missing"
        )
    }

    /// What the worker's end note says, unless it was heard since or had said itself how it ended.
    private static func note(_ evidence: Evidence, of worker: Worker?) -> Self? {
        guard let end = evidence.end, worker?.isAbout(written: end.written) ?? true else { return nil }
        if let heartbeat = evidence.heartbeat {
            let isItsOwn = worker.map { $0.isAbout(written: heartbeat.updated) } ?? true
            guard heartbeat.updated < end.written, !(isItsOwn && heartbeat.vm == end.vm && heartbeat.phase.isFinal)
            else {
                return nil
            }
        }
        var rule = Self(end.phase, end.reason)
        rule.noted = end.written
        return rule
    }

    /// The heartbeat, unless it is that of an earlier life, or of another worker.
    private static func heartbeat(_ evidence: Evidence, of worker: Worker) -> Heartbeat? {
        evidence.heartbeat.flatMap { $0.vm == worker.name && worker.isAbout(written: $0.updated) ? $0 : nil }
    }

    private static func age(_ then: Int64, _ now: Int64) -> Duration { .microseconds(max(0, now - then)) }
}

extension Heartbeat {
    /// The first error as one sentence; nil when there is none.
    public var reason: String? {
        // What ends a whole VM is noted under its name.
        errors.first.map {
            $0.object.isEmpty || $0.object == vm ? $0.reason : "\(ShortName.of($0.object)): \($0.reason)"
        }
    }
}
