import FleetModel
import Common
import Console
import Glibc
import GoogleCloud
import Text
import Transport

/// `--local`: the plan by processes of this machine, into any bucket or folder.
struct LocalCommand {
    let tool: ToolRun
    let settings: OrchestrateSettings
    let connections: OrchestrateConnections

    /// Files in flight over all processes; one key gains nothing from more.
    private static let streams = 32
    /// Variables that are meant for a VM's one downloader, and would tell ours what not to do.
    private static let foreign = ["SHARD_INDEX", "TOTAL_SHARDS", "SHARD_OFFSET", "PLAN", "VM_NAME", "WATCH_PREEMPTION"]

    private var run: FleetRun { settings.run }

    func execute() async throws -> ExitStatus {
        let store = try connections.google.store(settings.place)
        let program = try LocalFleet.find("vm-data-downloader", tool.context)
        let findings = await LocalPreflight(run: run, key: settings.key).check {
            connections.tardis(settings.tardisURL, key: $0)
        }
        let reader = DateReader(store)
        let todo = try await report(reader)
        let isNeeded = !todo.isWhole
        let seen = isNeeded ? findings : findings.withoutLaunch
        OrchestrateScreen(tool).show(seen, isShort: true)
        if let status = seen.status { return status }
        let shards = todo.unfinished
        guard isNeeded, !settings.isDryRun else {
            let text =
                isNeeded
                ? "\(shards.count) shards would be downloaded to \(store.location) (dry run)" : "everything is there"
            OrchestrateScreen(tool).end(todo, [text], extra: ["dry_run": .bool(settings.isDryRun)])
            return .done
        }
        let plan = try await PlanStore(store).keep(run.plans(created: tool.context.clock.epochMicroseconds()))
        let endings = try await download(shards, todo, program, plan: plan.description)
        try Task.checkCancellation()
        let after = try await report(reader)
        let failures = endings.filter { !$0.isSettled }
        OrchestrateScreen(tool).end(
            after,
            failures.map { "shard \($0.shard) failed (\($0.attempts) tries): \($0.reason ?? "")" },
            extra: ["failures": .array(failures.map(\.json))]
        )
        return status(after, failures)
    }

    private func report(_ reader: DateReader) async throws -> FleetReport {
        let snapshot = try await FleetSnapshot.ofStore(reader, dates: run.dates)
        let state = FleetState.ofProcesses(run, snapshot, now: connections.google.clock.epochMicroseconds())
        return FleetReport(state, shards: settings.shards)
    }

    private func download(_ shards: [Int], _ todo: FleetReport, _ program: String, plan: String) async throws
        -> [LocalFleet.Ending]
    {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let asked = settings.local.flatMap { $0 > 0 ? $0 : nil } ?? cores
        let processes = min(asked, shards.count)
        let progress = tool.startProgress("download")
        for name in todo.missingFiles { progress.add(name) }
        tool.logger.info(
            "downloading shards by processes of this machine",
            ["shards": .int(Int64(shards.count)), "processes": .int(Int64(processes))]
        )
        var fleet = LocalFleet(
            program: program,
            arguments: { arguments(shard: $0, plan: plan) },
            environment: environment(processes: processes),
            processes: processes
        )
        fleet.attempts = 3
        let endings = await fleet.download(
            shards,
            progress: progress,
            logger: tool.logger,
            hooks: tool.context.exitHooks
        )
        progress.close()
        return endings
    }

    private func arguments(shard: Int, plan: String) -> [String] {
        var words = ["--plan", plan, "--shard-index", "\(shard)", "--bucket", settings.place]
        for date in run.dates { words += ["--date", date.description] }
        if let file = tool.arguments.string(SharedOptions.envFile.name) { words += ["--env-file", file] }
        if tool.arguments.flag(SharedOptions.insecureEndpoints.name) {
            words.append("--\(SharedOptions.insecureEndpoints.name)")
        }
        return words + ["--progress", "json", "--output", "json"]
    }

    private func environment(processes: Int) -> [String: String] {
        var environment = tool.context.environment
        for name in Self.foreign { environment[name] = nil }
        environment["LOG_FORMAT"] = "json"
        environment["TARDIS_API_KEY"] = settings.key?.reveal()
        environment["GCP_CREDENTIALS_PATH"] = tool.arguments.string(SharedOptions.credentials.name)
            .map(tool.context.absolute)
        if environment["MAX_CONCURRENT_REQUESTS"] == nil {
            environment["MAX_CONCURRENT_REQUESTS"] = "\(max(1, Self.streams / processes))"
        }
        return environment
    }

    private func status(_ report: FleetReport, _ failures: [LocalFleet.Ending]) -> ExitStatus {
        if report.isWhole { return .done }
        if report.finished > 0 { return .partial }
        let statuses = Set(failures.map(\.status))
        if statuses.count == 1, let only = statuses.first.flatMap(ExitStatus.init(rawValue:)), only != .done {
            return only
        }
        return failures.isEmpty ? .incomplete : .failed
    }
}

extension LocalFleet.Ending {
    fileprivate var json: JSONValue {
        [
            "shard": .int(Int64(shard)),
            "attempts": .int(Int64(attempts)),
            "status": .int(Int64(status)),
            "reason": reason.map(JSONValue.string) ?? .null,
        ]
    }
}
