import Transport
import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// Stays with a run until it is finished: looks every so often, and replaces VMs that were preempted or lost.
struct FleetWait: Sendable {
    private let spec: LaunchSpec
    private let services: FleetServices
    private let facts: PreflightFacts
    private let launch: FleetLaunch
    private let logger: Logger

    struct Outcome: Sendable {
        /// Well or not.
        let verdict: WaitVerdict
        /// What was there at the last look.
        let view: ReconcileContext
        /// How many VMs were made while waiting.
        let made: Int

        var sentences: [String] {
            switch verdict {
            case .finished: []
            case .incomplete(let lost): lost.map { "shard \($0.shard) (\($0.name)) is given up: \($0.reason)" }
            case .failed(let report): [report.summary]
            }
        }
    }

    init(spec: LaunchSpec, services: FleetServices, facts: PreflightFacts, launch: FleetLaunch, logger: Logger) {
        self.spec = spec
        self.services = services
        self.facts = facts
        self.launch = launch
        self.logger = logger
    }

    /// Waits, with a look every `poll`. The first look is that of the checks, so this launches too. Throws what no further try
    /// would change, such as a missing permission.
    func wait(poll: Duration, progress: ProgressReporter) async throws -> Outcome {
        var rules = WaitRules()
        rules.keepsVMs = spec.machine.isKept
        var machine = WaitMachine(
            zones: facts.machines?.zones ?? [spec.zones.first],
            range: spec.shards,
            rules: rules,
            liveness: spec.liveness
        )
        var board = WaitBoard(progress: progress)
        var executor: FleetExecutor?
        var view = facts.view
        var made = 0
        while true {
            let step = machine.observe(view.state, now: services.clock.monotonic())
            for text in step.news { logger.info(text) }
            board.show(view.state, spec.shards)
            if let verdict = step.verdict { return Outcome(verdict: verdict, view: view, made: made) }
            if step.isActive {
                let able = if let executor { executor } else { try await launch.prepare() }
                executor = able
                try await surviving { made += try await act(step, able, &machine, view) }
            }
            view = try await nextLook(after: poll) ?? view
        }
    }

    /// The next look; nil when it failed for a reason that passes.
    private func nextLook(after poll: Duration) async throws -> ReconcileContext? {
        try await services.clock.sleep(poll)
        var view: ReconcileContext?
        try await surviving { view = try await launch.look() }
        return view
    }

    /// Does what the step asks for, and returns how many VMs were made.
    private func act(
        _ step: WaitStep,
        _ executor: FleetExecutor,
        _ machine: inout WaitMachine,
        _ view: ReconcileContext
    ) async throws -> Int {
        let cannotStart = try await executor.start(step.todo.starts)
        for action in step.todo.actions where cannotStart.contains(action.name) {
            machine.couldNotStart(shard: action.shard)
        }
        try await executor.delete(step.todo.replacements)
        var made = 0
        for creation in step.creations {
            for report in try await executor.make([creation]) {
                made += report.created.values.reduce(0) { $0 + $1.count }
                if !report.missing.isEmpty { logger.warning(report.summary) }
                machine.launched(report, state: view.state, now: services.clock.monotonic())
            }
        }
        return made
    }

    /// Goes on after failures that pass by themselves: a fleet is not given up because the operator's network was away.
    private func surviving(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch  where Common.exitStatus(of: error) == .temporary {
            try Task.checkCancellation()
            logger.warning("this look at the fleet failed; the next one follows", ["reason": .string("\(error)")])
        }
    }
}

extension WaitStep {
    /// Whether something has to be changed.
    fileprivate var isActive: Bool {
        !creations.isEmpty || !todo.starts.isEmpty || !todo.replacements.isEmpty
    }
}

/// Shows a run's shards as they come along.
private struct WaitBoard {
    let progress: ProgressReporter
    private var bytes: [Int: Int64] = [:]
    private var begun: Set<Int> = []
    private var ended: Set<Int> = []

    init(progress: ProgressReporter) {
        self.progress = progress
    }

    mutating func show(_ state: FleetState, _ range: ClosedRange<Int>) {
        for shard in state.shards where range.contains(shard.shard) && !ended.contains(shard.shard) {
            let name = "shard \(shard.shard) \(shard.name)"
            progress.add(name)
            if shard.vm.isAlive, begun.insert(shard.shard).inserted { progress.start(name) }
            let now = max(shard.days.reduce(0) { $0 + $1.counts.bytesIn }, shard.heartbeat?.figures.bytesIn ?? 0)
            let more = now - bytes[shard.shard, default: 0]
            if more > 0 { progress.advance(name, bytes: more) }
            bytes[shard.shard] = max(now, bytes[shard.shard, default: 0])
            if shard.isFinished {
                ended.insert(shard.shard)
                progress.finish(name)
            }
        }
    }
}
