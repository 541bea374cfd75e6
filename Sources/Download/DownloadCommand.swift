import FleetModel
import Common
import Console
import GoogleCloud
import Synchronization
import Tardis
import Ticks
import Transport

/// The tool without a subcommand: downloads one shard of some dates.
struct DownloadCommand {
    private let run: ToolRun

    init(_ run: ToolRun) {
        self.run = run
    }

    func execute() async throws -> ExitStatus {
        let settings = try DownloadSettings(run)
        let progress = run.startProgress("download")
        let current = CurrentBoard()
        let services = try await DownloadServices(run, settings, progress: progress) { error, pause in
            // All files in flight meet the same lock: it is said once.
            let isNews = error.kind != .locked || current.board?.lock() != false
            run.noteWait(error, pause, level: isNews ? .warning : .debug)
        }
        do {
            let status = try await guarded(services) { try await execute(settings, services) { current.board = $0 } }
            await services.transport.shutdown()
            return status
        } catch {
            await services.transport.shutdown()
            throw error
        }
    }

    /// Does the work under the eyes of the preemption watch, where there is one.
    private func guarded(
        _ services: DownloadServices,
        _ work: @escaping @Sendable () async throws -> ExitStatus
    ) async throws -> ExitStatus {
        if let preemption = services.preemption { try await preemption.guarding(work) } else { try await work() }
    }

    private func execute(
        _ settings: DownloadSettings,
        _ services: DownloadServices,
        _ show: @Sendable (ShardProgress) -> Void
    ) async throws -> ExitStatus {
        let start = run.context.clock.monotonic()
        let pool = WorkPool()
        let said = OnceFilter()
        var outcomes: [FileOutcome] = []
        let store = PlanStore(services.store)
        // All plans are known before the first file: a missing one ends the run while nothing has been done.
        let plans = try await services.grants.first("plan") { try await self.plans(settings, store) }
        if case .made = settings.planSource, !settings.isDryRun { _ = try await store.keep(plans) }
        for plan in plans {
            let date = plan.date
            let jobs = plan.instruments(ofShard: settings.shard).flatMap { instrument in
                instrument.dataTypes.map { FileJob(instrument, $0, date) }
            }
            for job in jobs { services.progress.add(job.title) }
            let existing = try await services.grants.first("objects of \(date)") {
                try await services.existing(date, of: Set(jobs.map(\.object.name)))
            }
            let board = ShardProgress(heartbeat(settings, plan, jobs))
            show(board)
            let dateRun = DateRun(
                date: date,
                settings: settings,
                services: services,
                downloader: downloader(services, pool, board, said),
                board: board
            )
            if settings.isDryRun {
                for job in jobs {
                    outcomes.append(
                        await dateRun.settled(job, existing[job.object.name]) ?? FileOutcome(job: job, result: .done)
                    )
                }
            } else {
                outcomes += try await carryOut(dateRun, jobs, existing)
            }
            if outcomes.contains(where: { $0.stopsAll }) { break }
        }
        services.progress.close()
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
    private func plans(_ settings: DownloadSettings, _ store: PlanStore) async throws -> [Plan] {
        var plans: [Plan] = []
        for date in settings.dates {
            switch settings.planSource {
            case .made(let instruments, let shards):
                let now = run.context.clock.epochMicroseconds()
                plans.append(Plan(date: date, instruments: instruments, shards: shards, created: now))
            case .named(let name):
                let plan = try await store.read(name, date)
                try ShardNumber.check(settings.shard, origin: settings.shardOrigin, plan: plan)
                plans.append(plan)
            }
        }
        return plans
    }

    private func heartbeat(_ settings: DownloadSettings, _ plan: Plan, _ jobs: [FileJob]) -> Heartbeat {
        var heartbeat = Heartbeat(
            date: plan.date,
            plan: plan.id,
            vm: settings.vm,
            shard: settings.shard,
            shards: plan.shards,
            // A VM is known to the platform.
            process: settings.watchesPreemption ? nil : run.context.process.own,
            now: run.context.clock.epochMicroseconds()
        )
        heartbeat.figures.total = jobs.count
        return heartbeat
    }

    private func downloader(
        _ services: DownloadServices,
        _ pool: WorkPool,
        _ board: ShardProgress,
        _ said: OnceFilter
    ) -> FileDownloader {
        FileDownloader(
            store: services.store,
            tardis: services.tardis,
            catalogues: services.catalogues,
            pool: pool,
            board: board,
            progress: services.progress,
            logger: run.logger,
            said: said,
            clock: run.context.clock
        )
    }

    /// Downloads with a heartbeat beside it, which beats last when all is over, or when the task was cancelled.
    private func carryOut(
        _ dateRun: DateRun,
        _ jobs: [FileJob],
        _ existing: [String: ObjectInfo]
    ) async throws -> [FileOutcome] {
        let heartbeat = HeartbeatWriter(
            store: dateRun.services.store,
            board: dateRun.board,
            progress: dateRun.services.progress,
            logger: run.logger,
            clock: run.context.clock
        )
        try await dateRun.services.grants.first("heartbeats of \(dateRun.date)") {
            try await heartbeat.claim(
                isForced: dateRun.settings.isForced,
                now: dateRun.services.now,
                run.context.process.isRunning
            )
        }
        dateRun.board.set(phase: .running)
        let outcomes = await withTaskGroup(of: Void.self) { group in
            group.addTask { await heartbeat.run() }
            let outcomes = await dateRun.execute(jobs, existing: existing)
            group.cancelAll()
            return outcomes
        }
        if Task.isCancelled {
            // The platform also sends SIGTERM when it takes a VM away, maybe before the notice was read.
            let isPreempted = await dateRun.services.preemption?.isPreempted() == true
            dateRun.board.set(phase: isPreempted ? .preempted : .stopped)
        } else {
            dateRun.board.finish()
        }
        await heartbeat.last()
        try Task.checkCancellation()
        return outcomes
    }
}

/// The board of the date that is being downloaded, for those who hear of waits.
private final class CurrentBoard: Sendable {
    private let current = Mutex<ShardProgress?>(nil)

    var board: ShardProgress? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

extension FileOutcome {
    fileprivate var stopsAll: Bool {
        if case .failed(let failure) = result { failure.stopsAll } else { false }
    }
}
