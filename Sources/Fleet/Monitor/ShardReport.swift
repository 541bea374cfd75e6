import Common

/// One shard of a plan as a screen shows it.
public struct ShardReport: Sendable, Equatable {
    /// The plan's name.
    public let plan: String
    /// The shard, 0 ..< the plan's shards.
    public let shard: Int
    /// The VM, or the process, that brings it or brought it last; nil when there is none.
    public let vm: String?
    /// The VM's zone; nil when it is not there.
    public let zone: String?
    /// Where it stands.
    public let phase: MonitorPhase
    /// Why; nil when the phase says it all.
    public let reason: String?
    /// Files of the shard.
    public let expected: Int
    /// Files that are there and whole.
    public let whole: Int
    /// Files that the source does not have.
    public let absent: Int
    /// Files that its VM says failed in this attempt.
    public let failed: Int
    /// Rows of the whole files.
    public let rows: Int64
    /// Bytes of their sources, compressed.
    public let bytesIn: Int64
    /// Their own bytes.
    public let bytesOut: Int64
    /// Bytes received a second; nil unless it works.
    public let bytesPerSecond: Int64?
    /// About how long it will take yet; nil when that cannot be told.
    public let timeLeft: Duration?
    /// The object in work, the first of them; nil when none is.
    public let current: String?
    /// Which attempt of the VM this is; nil before the first word.
    public let attempt: Int?
    /// About how long its VM of now, or the last one, has run: nil when there was none.
    public let worked: Duration?
    /// When the VM spoke last, in microseconds since 1970.
    public let heard: Int64?

    /// Files that need nothing more.
    public var settled: Int { whole + absent }
    /// Whether somebody brings it, or will when other dates are there.
    public var isInHand: Bool { phase.isWorking || phase == .planned && zone != nil }
}

extension ShardReport {
    /// Puts one shard together. `bytesLeft` is what the missing files will have, as far as that can be told.
    init(
        plan: String,
        shard: Int,
        vm: String?,
        zone: String?,
        day: ShardStatus.Day,
        worked: Duration?,
        judgement: MonitorJudgement,
        bytesLeft: Int64?
    ) {
        self.plan = plan
        self.shard = shard
        self.vm = vm
        self.zone = zone
        phase = judgement.phase
        reason = judgement.reason
        expected = day.expected
        whole = day.whole
        absent = day.absent
        rows = day.rows
        bytesIn = day.bytesIn
        bytesOut = day.bytesOut
        let beat = day.heartbeat
        failed = phase.isComplete ? 0 : beat?.figures.failed ?? 0
        let rate = phase == .running || phase == .uploading ? beat?.figures.bytesPerSecond : nil
        bytesPerSecond = rate
        if let rate, rate > 0, let bytesLeft {
            timeLeft = .seconds(bytesLeft / rate)
        } else {
            timeLeft = nil
        }
        current = phase.isWorking ? beat?.current.first : nil
        attempt = beat?.attempt
        heard = beat?.updated
        self.worked = worked
    }
}
