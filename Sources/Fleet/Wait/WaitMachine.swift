import Console
import FleetModel
import GoogleCloud

/// Stays with a fleet until its run is finished: decides after each look at it what to do. No clock and no network: the time is
/// handed in, from any clock that never goes back.
struct WaitMachine: Sendable {
    private let rules: WaitRules
    private let liveness: LivenessRules
    private let zones: [String]
    private let range: ClosedRange<Int>?
    private var histories: [Int: ShardHistory] = [:]
    private var isFirst = true
    private var failure: LaunchReport?

    /// A watcher of some shards of a run (of all when `range` is nil) that may make VMs in `zones`, in this order.
    init(
        zones: [String],
        range: ClosedRange<Int>? = nil,
        rules: WaitRules = WaitRules(),
        liveness: LivenessRules = LivenessRules()
    ) {
        self.liveness = liveness
        self.zones = zones
        self.range = range
        self.rules = rules
    }

    /// What to do after a look at the fleet at the time `now`.
    mutating func observe(_ state: FleetState, now: Duration) -> WaitStep {
        var news: [String] = []
        var actions: [ShardAction] = []
        var avoiding: [Int: String] = [:]
        var deferred: Set<String> = []
        var isOver = true
        let shards = state.shards.filter { range?.contains($0.shard) ?? true }
        for status in shards {
            var history = histories[status.shard] ?? ShardHistory()
            let action = step(status, state, &history, now, &news)
            actions.append(action)
            if !history.prefersSameZone(status) { avoiding[status.shard] = history.lastZone }
            if let time = history.notBefore, time > now { deferred.insert(status.name) }
            if !isSettled(status, action, history, state) { isOver = false }
            histories[status.shard] = history
        }
        isFirst = false
        let todo = Reconciliation(shards, actions, total: state.shards.count)
        return WaitStep(
            todo: todo,
            creations: creations(todo, avoiding, deferred),
            news: news,
            verdict: failure.map(WaitVerdict.failed) ?? (isOver ? verdict(actions) : nil)
        )
    }

    /// A launch that `creations` asked for is over. What has no room is tried again later; what cannot be ends the waiting.
    mutating func launched(_ report: LaunchReport, state: FleetState, now: Duration) {
        let missing = Set(report.missing)
        // A VM that is preempted before the next look is never seen, so where it was is noted now.
        var zones: [String: String] = [:]
        for (zone, names) in Array(report.created) + report.existing {
            for name in names { zones[name] = zone }
        }
        for status in state.shards {
            if let zone = zones[status.name] {
                histories[status.shard]?.lastZone = zone
                histories[status.shard]?.refusals = 0
                histories[status.shard]?.notBefore = nil
            } else if missing.contains(status.name) {
                let refusals = histories[status.shard, default: ShardHistory()].refusals
                histories[status.shard, default: ShardHistory()].refusals = refusals + 1
                let pause = min(rules.longestPause, rules.launchPause * (1 << min(refusals, 10)))
                histories[status.shard]?.notBefore = now + pause
            }
        }
        if report.status != .done, report.status != .temporary { failure = report }
    }

    /// A VM that stands still could not be started for want of room: it is deleted and made again elsewhere.
    mutating func couldNotStart(shard: Int) {
        histories[shard, default: ShardHistory()].cannotStart = true
    }

    // MARK: One shard

    private mutating func step(
        _ status: ShardStatus,
        _ state: FleetState,
        _ history: inout ShardHistory,
        _ now: Duration,
        _ news: inout [String]
    ) -> ShardAction {
        guard !status.isFinished else {
            history.aliveVM = nil
            return Reconciler.action(status)
        }
        noteVM(status, &history, now, &news)
        news += history.noteFailures(status, isFirst: isFirst).map { "shard \(status.shard) (\(status.name)), \($0)" }
        if let lost = lose(status, state, &history, &news) { return lost }
        if history.givenUp == nil, let reason = history.whyGiveUp(status, rules) {
            history.givenUp = reason
            news.append("shard \(status.shard) is given up: \(reason)")
        }
        if let reason = history.givenUp, !status.vm.isAlive {
            return ShardAction(shard: status.shard, name: status.name, verdict: .giveUp(reason))
        }
        return Reconciler.action(status, history.cannotStart ? [status.name] : [], replacesLost: false)
    }

    /// Follows the shard's VM from look to look.
    private func noteVM(
        _ status: ShardStatus,
        _ history: inout ShardHistory,
        _ now: Duration,
        _ news: inout [String]
    ) {
        if let vm = status.vm.vm { history.lastZone = vm.zone }
        guard case .alive(let vm) = status.vm else {
            if let ended = history.aliveVM, !status.vm.isAlive {
                let zone = history.lastZone.map { " in \($0)" } ?? ""
                if !history.lostVMs.contains(ended) {
                    news.append("\(status.name) has ended\(zone) with \(status.missing) files still to download")
                }
                history.aliveVM = nil
            }
            return
        }
        history.cannotStart = false
        history.aliveVM = Self.identity(vm)
    }

    private static func identity(_ vm: ComputeInstance) -> String {
        "\(vm.zone)/\(vm.name)/\(vm.started ?? vm.created)"
    }

    /// Replaces a VM that is lost, or that has failed and does not end.
    private func lose(
        _ status: ShardStatus,
        _ state: FleetState,
        _ history: inout ShardHistory,
        _ news: inout [String]
    ) -> ShardAction? {
        guard case .alive(let vm) = status.vm, history.givenUp == nil else { return nil }
        if rules.keepsVMs, status.phase == .partial || status.phase == .failed {
            let reason = status.heartbeat?.errors.first?.reason ?? "no reason was given"
            history.givenUp = "\(reason); its VM is kept: delete it and run the same command again"
            news.append("shard \(status.shard) is given up: \(reason)")
            return nil
        }
        guard status.isLost(at: state.now, liveness) else { return nil }
        let identity = Self.identity(vm)
        if history.lostVMs.insert(identity).inserted {
            if !status.days.contains(where: \.isHeard) { history.silentVMs.insert(identity) }
            // The last of too many is left, to be looked at.
            if history.whyGiveUp(status, rules) != nil { return nil }
            let reason = status.days.first { $0.phase == .lost }?.reason ?? "it has failed, and its VM does not end"
            news.append("\(vm.name) in \(vm.zone) is replaced: \(reason)")
        }
        return ShardAction(shard: status.shard, name: status.name, verdict: .replace(vm))
    }

    /// Whether nothing is to be done or waited for any more.
    private func isSettled(_ status: ShardStatus, _ action: ShardAction, _ history: ShardHistory, _ state: FleetState)
        -> Bool
    {
        switch action.verdict {
        case .finished, .giveUp, .conflict: return true
        case .leave:
            // A shard that was given up may have a VM that works on its other dates.
            guard history.givenUp != nil else { return false }
            return status.isLost(at: state.now, liveness)
                || status.days.allSatisfy { $0.isFinished || $0.phase.isFinal }
        case .leaveAll, .waitGone, .start, .replace, .create: return false
        }
    }

    // MARK: All shards

    private func creations(_ todo: Reconciliation, _ avoiding: [Int: String], _ deferred: Set<String>) -> [Creation] {
        guard failure == nil else { return [] }
        return todo.creations(zones: zones, avoiding: avoiding).compactMap { group in
            let names = group.names.filter { !deferred.contains($0) }
            return names.isEmpty ? nil : Creation(names: names, zones: group.zones)
        }
    }

    private func verdict(_ actions: [ShardAction]) -> WaitVerdict {
        let lost = actions.compactMap { action -> WaitVerdict.GivenUp? in
            let reason: String
            switch action.verdict {
            case .finished: return nil
            case .giveUp(let why): reason = why
            case .conflict(let vms):
                reason =
                    "\(NameList.text(vms.map { "\($0.name) in \($0.zone)" })) is not of this run; delete or rename it"
            default: reason = histories[action.shard]?.givenUp ?? "it was given up"
            }
            return WaitVerdict.GivenUp(shard: action.shard, name: action.name, reason: reason)
        }
        return lost.isEmpty ? .finished : .incomplete(lost)
    }
}

extension ShardHistory {
    /// A VM that ended for a reason of its own did not lack anything that another zone has.
    fileprivate func prefersSameZone(_ status: ShardStatus) -> Bool {
        switch status.heartbeat?.phase {
        case .partial, .failed, .done, .empty: true
        default: false
        }
    }
}
