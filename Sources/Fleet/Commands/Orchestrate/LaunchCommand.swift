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
        let order = try settings.order(tool)
        let prices = try OrchestrateSettings.prices(tool)
        let world = try connections.world(order, tardisURL: settings.tardisURL)
        let (all, facts) = await Preflight(order: order, world: world).look()
        try Task.checkCancellation()
        let isNeeded = facts.map { $0.view.needsWork || settings.waits && !$0.view.todo.isFinished } ?? true
        let findings = isNeeded ? all : all.withoutLaunch
        guard let facts, findings.status == nil else { return screen.refuse(findings) }
        screen.show(findings, isShort: !settings.isDryRun)
        let launch = FleetLaunch(order: order, world: world, facts: facts, logger: tool.logger)
        let outline = LaunchOutline(order: order, facts: facts, launch: launch, prices: prices)
        guard isNeeded else { return try await quiet(order, facts, outline) }
        for line in outline.lines { screen.say(line) }
        if settings.isDryRun {
            screen.end(report(order, facts.view), ["Nothing was changed (dry run)."], outline, findings)
            return .done
        }
        guard try isWanted() else {
            screen.say("Nothing was changed.")
            return .done
        }
        if settings.waits { return try await wait(order, world, facts, launch, outline, findings) }
        let outcome = try await launch.carryOut()
        screen.end(report(order, facts.view), outcome.sentences + next(order), outline, findings)
        return outcome.status
    }

    /// Launches, and stays until the dates are whole.
    private func wait(
        _ order: FleetOrder,
        _ world: FleetWorld,
        _ facts: PreflightFacts,
        _ launch: FleetLaunch,
        _ outline: LaunchOutline,
        _ findings: Findings
    ) async throws -> ExitStatus {
        let progress = tool.startProgress("fleet", unit: "shards")
        let waiting = FleetWait(order: order, world: world, facts: facts, launch: launch, logger: tool.logger)
        do {
            let outcome = try await waiting.wait(poll: settings.poll, progress: progress)
            progress.close()
            screen.end(report(order, outcome.view), outcome.sentences, outline, findings)
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
    private func quiet(_ order: FleetOrder, _ facts: PreflightFacts, _ outline: LaunchOutline) async throws
        -> ExitStatus
    {
        let view = facts.view
        var sentences = [view.todo.summary, "nothing to do"]
        if !view.todo.idle.isEmpty {
            let names = NameList.text(view.todo.idle.map(\.name))
            sentences.append("\(names) of finished shards still exist; cleanup-tick-vms removes them")
        }
        screen.end(report(order, view), sentences, outline, Findings())
        return .done
    }

    private func report(_ order: FleetOrder, _ view: FleetView) -> FleetReport {
        FleetReport(view.state, shards: order.shards)
    }

    private func next(_ order: FleetOrder) -> [String] {
        let dates = order.run.dates.map(\.description)
        return ["watch: monitor-tick-download all \(dates[0]); the same command again heals what is lost"]
    }
}
