import Console

/// One shard of a plan on one date: its files, its worker, and where its work stands.
public struct ShardState: Sendable, Equatable {
    public let date: CalendarDate
    public let plan: PlanID
    public let planName: PlanName
    /// The shard, 0 ..< the plan's shards.
    public let shard: Int
    /// The files, in the plan's order.
    public let files: [FileState]
    public let counts: FileCounts
    /// The platform's worker; nil when there is none, or workers could not be listed.
    public let worker: Worker?
    /// The last heartbeat of the worker of now, or, where there is none, of any worker of the shard.
    public let heartbeat: Heartbeat?
    public let phase: ShardPhase
    /// Why, as a sentence; nil when the phase says it all.
    public let reason: String?
    /// What tells the last attempt from those before it; nil before the first one.
    public let attemptMark: Int64?
    /// When the note of its end was written that tells the phase; nil when something else does.
    public let noted: Int64?

    init(
        date: CalendarDate,
        plan: DateFacts.NamedPlan,
        shard: Int,
        files: [FileState],
        worker: Worker?,
        heartbeat: Heartbeat?,
        judgement: ShardRule
    ) {
        self.date = date
        self.plan = plan.plan.id
        planName = plan.name
        self.shard = shard
        self.files = files
        counts = FileCounts(files)
        self.worker = worker
        self.heartbeat = heartbeat
        phase = judgement.phase
        reason = judgement.reason
        attemptMark = judgement.noted ?? heartbeat?.started
        noted = judgement.noted
    }

    /// Whether all its files are whole, or proven not to be at the source.
    public var isFinished: Bool { counts.unsettled == 0 }
    /// The names of the files that are yet to be downloaded.
    public var unsettled: [String] { files.filter { !$0.isSettled }.map(\.name) }
    /// Whether somebody downloads it, or will when other dates are done.
    public var isInHand: Bool { phase.isWorking || phase == .planned && worker?.state == .alive }
    /// Who works on it or did so last; nil when nobody has.
    public var vm: String? { worker?.name ?? heartbeat?.vm }
    /// Whether the worker of now has been heard.
    public var isHeard: Bool {
        guard let worker, let heartbeat else { return false }
        return heartbeat.vm == worker.name && worker.isAbout(written: heartbeat.updated)
    }
    /// Files that its worker says failed in this attempt.
    public var failed: Int { phase.isComplete ? 0 : heartbeat?.figures.failed ?? 0 }
    /// Bytes received a second; nil unless it works.
    public var bytesPerSecond: Int64? {
        phase == .running || phase == .uploading ? heartbeat?.figures.bytesPerSecond : nil
    }
    /// The object in work, the first of them; nil when none is.
    public var current: String? { phase.isWorking ? heartbeat?.current.first : nil }
    /// Which attempt of the worker this is; nil before its first heartbeat.
    public var attempt: Int? { heartbeat?.attempt }
    /// When its worker was heard last, in microseconds since 1970.
    public var heard: Int64? { heartbeat?.updated }

    /// How long the worker has run: from its start, or, where it is gone, as long as it was heard. Nil when there was none.
    public func worked(now: Int64) -> Duration? {
        guard let worker, let since = worker.since else {
            return heartbeat.map { .microseconds(max(0, $0.updated - $0.started)) }
        }
        return .microseconds(max(0, (worker.state == .ended ? heartbeat?.updated ?? since : now) - since))
    }
}
