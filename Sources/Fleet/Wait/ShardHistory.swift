import FleetModel
import Common
import GoogleCloud

/// What `--wait` remembers of one shard.
struct ShardHistory: Sendable {
    /// One attempt at one date.
    struct Attempt: Hashable, Sendable {
        let date: CalendarDate
        let started: Int64
    }

    /// The zone in which a VM of it was seen last.
    var lastZone: String?
    /// The VM that was alive at the last look.
    var aliveVM: String?
    /// Attempts that had failed before the waiting began; they are tried again.
    var before: Set<Attempt> = []
    /// Attempts that have failed since for reasons of their own.
    var failures: [Attempt: String] = [:]
    /// VMs that never said anything.
    var silentVMs: Set<String> = []
    /// VMs that were lost; they are replaced.
    var lostVMs: Set<String> = []
    var givenUp: String?
    /// How often in a row no zone had room for it, and when to try again.
    var refusals = 0
    var notBefore: Duration?
    /// Whether its VM stands still and could not be started.
    var cannotStart = false

    /// Notes what a shard's heartbeats say of attempts that are over; answers the reasons that are new.
    mutating func noteFailures(_ status: ShardStatus, isFirst: Bool) -> [String] {
        var news: [String] = []
        for day in status.days where !day.isFinished {
            guard let mark = day.attemptMark, let reason = Self.reason(day, isAlive: status.vm.isAlive) else {
                continue
            }
            let attempt = Attempt(date: day.date, started: mark)
            if isFirst { before.insert(attempt) }
            guard !before.contains(attempt), failures.updateValue(reason, forKey: attempt) == nil else { continue }
            news.append("\(day.date): attempt \(failureCount(day.date)) failed: \(reason)")
        }
        return news
    }

    /// How often a date has failed.
    func failureCount(_ date: CalendarDate) -> Int { failures.keys.count { $0.date == date } }

    /// Why nothing more should be tried, if so.
    func whyGiveUp(_ status: ShardStatus, _ rules: WaitRules) -> String? {
        for day in status.days where !day.isFinished {
            let count = failureCount(day.date)
            guard count >= rules.attempts else { continue }
            let last = failures.filter { $0.key.date == day.date }.max { $0.key.started < $1.key.started }?.value
            return "\(day.date) failed \(count) times, at last: \(last ?? "no reason was given")"
        }
        guard silentVMs.count >= rules.attempts else { return nil }
        return "its VM never reported, \(silentVMs.count) times; see the serial port's output of \(status.name)"
    }

    /// The reason of an attempt that is over for a reason of its own; nil for all others.
    private static func reason(_ day: ShardState, isAlive: Bool) -> String? {
        guard day.phase == .partial || day.phase == .failed else { return nil }
        // A VM that says that all is done and lives may just be seen between two of its files.
        if isAlive, day.heartbeat?.phase.isComplete == true { return nil }
        return day.reason ?? "no reason was given"
    }
}
