import FleetModel
import Common
import Console
import GoogleCloud

/// The tool without `--local`: looks, asks, makes VMs, and stays if it is told to.
struct LaunchCommand {
    let tool: ToolRun
    let settings: OrchestrateSettings
    let connections: OrchestrateConnections

    private var screen: OrchestrateScreen { OrchestrateScreen(tool) }

    func execute() async throws -> ExitStatus {
        let spec = try settings.spec(tool)
        let prices = try OrchestrateSettings.prices(tool)
        let services = try connections.services(spec, tardisURL: settings.tardisURL)
        let (all, facts) = await Preflight(spec: spec, services: services).look()
        try Task.checkCancellation()
        let isNeeded = facts.map { $0.view.needsWork || settings.waits && !$0.view.todo.isFinished } ?? true
        let findings = isNeeded ? all : all.withoutLaunch
        guard let facts, findings.status == nil else { return screen.refuse(findings) }
        screen.show(findings, isShort: !settings.isDryRun)
        let launch = FleetLaunch(spec: spec, services: services, facts: facts, logger: tool.logger)
        let outline = LaunchOutline(spec: spec, facts: facts, launch: launch, prices: prices)
        guard isNeeded else { return try await quiet(spec, facts, outline) }
        for line in outline.lines { screen.say(line) }
        if settings.isDryRun {
            screen.end(report(spec, facts.view), ["Nothing was changed (dry run)."], outline, findings)
            return .done
        }
        guard try isWanted() else {
            screen.say("Nothing was changed.")
            return .done
        }
        if settings.waits { return try await wait(spec, services, facts, launch, outline, findings) }
        let outcome = try await launch.carryOut()
        screen.end(report(spec, facts.view), outcome.sentences + next(spec), outline, findings)
        return outcome.status
    }

    /// Launches, and stays until the dates are complete.
    private func wait(
        _ spec: LaunchSpec,
        _ services: FleetServices,
        _ facts: PreflightFacts,
        _ launch: FleetLaunch,
        _ outline: LaunchOutline,
        _ findings: CheckResults
    ) async throws -> ExitStatus {
        let progress = tool.startProgress("fleet", unit: "shards")
        let waiting = FleetWait(spec: spec, services: services, facts: facts, launch: launch, logger: tool.logger)
        do {
            let outcome = try await waiting.wait(poll: settings.poll, progress: progress)
            progress.close()
            screen.end(report(spec, outcome.view), outcome.sentences, outline, findings)
            return outcome.verdict.status
        } catch is CancellationError {
            progress.close()
            tool.logger.info(
                "the VMs go on; the same command with --wait watches them again, cleanup-tick-vms ends them"
            )
            throw CancellationError()
        }
    }

    /// On a terminal a person is asked; otherwise whoever runs this has decided.
    private func isWanted() throws -> Bool {
        let terminal = tool.context.terminal
        guard terminal.stdinIsTerminal, terminal.stderrIsTerminal else { return true }
        return try tool.confirm("Go on?", isYes: settings.saysYes)
    }

    /// Nothing is to be made: every shard is finished, or its VM works.
    private func quiet(_ spec: LaunchSpec, _ facts: PreflightFacts, _ outline: LaunchOutline) async throws
        -> ExitStatus
    {
        let view = facts.view
        var sentences = [view.todo.summary, "nothing to do"]
        if !view.todo.idle.isEmpty {
            let names = NameList.text(view.todo.idle.map(\.name))
            sentences.append("\(names) of finished shards still exist; cleanup-tick-vms removes them")
        }
        screen.end(report(spec, view), sentences, outline, CheckResults())
        return .done
    }

    private func report(_ spec: LaunchSpec, _ view: ReconcileContext) -> FleetReport {
        FleetReport(view.state, shards: spec.shards)
    }

    private func next(_ spec: LaunchSpec) -> [String] {
        let dates = spec.run.dates.map(\.description)
        return ["watch: monitor-tick-download all \(dates[0]); the same command again heals what is lost"]
    }
}
