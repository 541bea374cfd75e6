import Common
import Console
import GoogleCloud
import Synchronization
import Tardis
import Ticks
import Transport

/// The tool without a subcommand: brings one shard of some dates.
struct DownloadCommand {
    private let run: ToolRun

    init(_ run: ToolRun) {
        self.run = run
    }

    func execute() async throws -> ExitStatus {
        let settings = try DownloadSettings(run)
        let progress = run.startProgress("download")
        let current = CurrentBoard()
        let world = try await DownloadWorld(run, settings, progress: progress) { error, pause in
            // All files in flight meet the same lock: it is said once.
            let isNews = error.kind != .locked || current.board?.lock() != false
            run.noteWait(error, pause, level: isNews ? .warning : .debug)
        }
        do {
            let status = try await guarded(world) { try await execute(settings, world) { current.board = $0 } }
            await world.transport.shutdown()
            return status
        } catch {
            await world.transport.shutdown()
            throw error
        }
    }

    /// Does the work under the eyes of the preemption watch, where there is one.
    private func guarded(
        _ world: DownloadWorld,
        _ work: @escaping @Sendable () async throws -> ExitStatus
    ) async throws -> ExitStatus {
        if let preemption = world.preemption { try await preemption.guarding(work) } else { try await work() }
    }

    private func execute(
        _ settings: DownloadSettings,
        _ world: DownloadWorld,
        _ show: @Sendable (ShardBoard) -> Void
    ) async throws -> ExitStatus {
        let start = run.context.clock.monotonic()
        let pool = WorkPool()
        let said = Said()
        var outcomes: [FileOutcome] = []
        let keeper = PlanKeeper(store: world.store, logger: run.logger)
        // All plans are known before the first file: a missing one ends the run while nothing has been done.
        for plan in try await world.grants.first("plan", { try await plans(settings, keeper) }) {
            let date = plan.date
            let jobs = plan.instruments(ofShard: settings.shard).flatMap { instrument in
                instrument.dataTypes.map { FileJob(instrument, $0, date) }
            }
            for job in jobs { world.progress.add(job.title) }
            let existing = try await world.grants.first("objects of \(date)") {
                try await world.existing(date, of: Set(jobs.map(\.object.name)))
            }
            let isAllThere = jobs.allSatisfy { job in
                existing[job.object.name].map { isWhole($0, expected: job.object) } ?? false
            }
            let exchanges = Set(jobs.map(\.dataset.exchange))
            let needsCatalogue = !settings.readsFolder && (settings.isForced || !isAllThere)
            let catalogues = needsCatalogue ? try await world.catalogues(exchanges) : [:]
            let board = ShardBoard(state(settings, plan, jobs))
            show(board)
            let dateRun = DateRun(
                date: date,
                settings: settings,
                world: world,
                downloader: downloader(world, pool, board, said),
                board: board
            )
            if settings.isDryRun {
                outcomes += preview(dateRun, jobs, existing, catalogues)
            } else {
                if case .made = settings.planSource { try await keeper.keep(plan) }
                outcomes += try await carryOut(dateRun, jobs, existing, catalogues)
            }
            if outcomes.contains(where: { $0.stopsAll }) { break }
        }
        world.progress.close()
        try Task.checkCancellation()
        let report = DownloadReport(
            outcomes: outcomes,
            elapsed: run.context.clock.monotonic() - start,
            isDryRun: settings.isDryRun,
            place: settings.place
        )
        report.print(run)
        return report.status
    }

    /// The plans of all dates, each of which has this shard.
    private func plans(_ settings: DownloadSettings, _ keeper: PlanKeeper) async throws -> [Plan] {
        var plans: [Plan] = []
        for date in settings.dates {
            switch settings.planSource {
            case .made(let instruments, let shards):
                let now = run.context.clock.epochMicroseconds()
                plans.append(Plan(date: date, instruments: instruments, shards: shards, created: now))
            case .named(let name):
                let plan = try await keeper.read(name, date)
                try ShardNumber.check(settings.shard, origin: settings.shardOrigin, plan: plan)
                plans.append(plan)
            }
        }
        return plans
    }

    private func state(_ settings: DownloadSettings, _ plan: Plan, _ jobs: [FileJob]) -> ShardState {
        var state = ShardState(
            vm: settings.vm,
            shard: settings.shard,
            shards: plan.shards,
            now: run.context.clock.epochMicroseconds()
        )
        state.figures.total = jobs.count
        return state
    }

    private func downloader(
        _ world: DownloadWorld,
        _ pool: WorkPool,
        _ board: ShardBoard,
        _ said: Said
    ) -> FileDownloader {
        FileDownloader(
            store: world.store,
            tardis: world.tardis,
            pool: pool,
            board: board,
            progress: world.progress,
            logger: run.logger,
            said: said,
            clock: .system
        )
    }

    /// What would be done, told by what is there and what the catalogue says.
    private func preview(
        _ dateRun: DateRun,
        _ jobs: [FileJob],
        _ existing: [String: ObjectInfo],
        _ catalogues: [String: ExchangeCatalogue]
    ) -> [FileOutcome] {
        jobs.map { job in
            dateRun.settled(job, existing[job.object.name], catalogues) ?? FileOutcome(job: job, result: .done)
        }
    }

    /// Downloads with a heartbeat beside it, which beats last when all is over, or when the task was cancelled.
    private func carryOut(
        _ dateRun: DateRun,
        _ jobs: [FileJob],
        _ existing: [String: ObjectInfo],
        _ catalogues: [String: ExchangeCatalogue]
    ) async throws -> [FileOutcome] {
        let heartbeat = Heartbeat(
            store: dateRun.world.store,
            name: ObjectLayout.name(.shard(dateRun.date, vm: dateRun.settings.vm)),
            board: dateRun.board,
            progress: dateRun.world.progress,
            logger: run.logger,
            clock: run.context.clock
        )
        try await heartbeat.countAttempt()
        let outcomes = await withTaskGroup(of: Void.self) { group in
            group.addTask { await heartbeat.run() }
            let outcomes = await dateRun.execute(jobs, existing: existing, catalogues: catalogues)
            group.cancelAll()
            return outcomes
        }
        if Task.isCancelled {
            // The platform also sends SIGTERM when it takes a VM away, maybe before the notice was read.
            let isPreempted = await dateRun.world.preemption?.isPreempted() == true
            dateRun.board.set(phase: isPreempted ? .preempted : .stopped)
        } else {
            dateRun.board.finish()
        }
        await heartbeat.last()
        try Task.checkCancellation()
        return outcomes
    }
}

/// The board of the date that is being brought, for those who hear of waits.
private final class CurrentBoard: Sendable {
    private let current = Mutex<ShardBoard?>(nil)

    var board: ShardBoard? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

extension FileOutcome {
    fileprivate var stopsAll: Bool {
        if case .failed(let failure) = result { failure.stopsAll } else { false }
    }
}
