import Common
import Console
import GoogleCloud
import Text
import Transport

/// What `cleanup-tick-vms` does.
struct CleanupCommand: Sendable {
    private let run: ToolRun
    private let settings: CleanupSettings
    private let connection: GoogleConnection

    init(_ run: ToolRun, _ settings: CleanupSettings, _ connection: GoogleConnection) {
        self.run = run
        self.settings = settings
        self.connection = connection
    }

    /// Removes what the command line asks for and reports it.
    func execute() async throws -> ExitStatus {
        let cleanup = cleanup()
        let view: Cleanup.View
        do {
            view = try await cleanup.look()
        } catch let error as GoogleAPIError where error.kind == .notFound {
            throw run.arguments.error("\(error); is --project \(settings.project) right?")
        }
        for item in view.choice.busy {
            run.logger.debug("at work", ["vm": .string(item.member.vm.name), "reason": .string(item.atWork ?? "")])
        }
        if view.isEmpty, view.troubles.isEmpty { run.logger.info("there is nothing to delete") }
        if settings.isDryRun {
            let report = preview(view, busy: .needsForce)
            show(report)
            return report.lines.contains { if case .failed = $0.result { true } else { false } } ? report.status : .done
        }
        guard !view.isEmpty else {
            let report = preview(view, busy: .left)
            show(report)
            return report.status
        }
        guard let chosen = try choose(view) else {
            run.logger.info("nothing was deleted")
            return .done
        }
        let progress = run.startProgress("delete VMs of \(settings.project)", unit: "VMs")
        for item in chosen.items { progress.start(Self.key(item.member.vm)) }
        var report = try await cleanup.remove(chosen.items, of: view) { vm, outcome in
            switch outcome {
            case .deleted: progress.finish(Self.key(vm))
            case .gone: progress.finish(Self.key(vm), note: "gone already")
            case .stillThere: progress.fail(Self.key(vm), reason: "still there")
            case .failed(let error): progress.fail(Self.key(vm), reason: "\(error)")
            }
        }
        progress.close()
        report.lines += chosen.left
        show(report)
        sayWhatIsLeft(report, view)
        return report.status
    }

    // MARK: Asking

    /// What is to be deleted, and the lines of what is left; nil when the person said no.
    private func choose(_ view: Cleanup.View) throws -> (
        items: [CleanupChoice.Item], left: [CleanupReport.Line]
    )? {
        let (free, busy) = (view.choice.free, view.choice.busy)
        let terminal = run.context.terminal
        let asks = terminal.stdinIsTerminal && terminal.stderrIsTerminal && !settings.isForced
        if asks {
            if let table = preview(view, busy: .wouldAsk).table {
                run.context.messages.write(
                    table.render(width: terminal.size().columns, color: run.colorsMessages)
                )
            }
            let what = words(free.count, view)
            if !what.isEmpty {
                let question = "Delete \(what) in project \(settings.project)?"
                guard try run.confirm(question, isYes: settings.isYes) else { return nil }
            }
        }
        if busy.isEmpty || settings.isForced { return (view.choice.items, []) }
        guard asks else { return (free, busy.map { $0.line(.needsForce) }) }
        let question =
            "\(busy.count) VM\(busy.count == 1 ? " is" : "s are") at work on unfinished shards. Delete \(busy.count == 1 ? "it" : "them"), too?"
        if try run.confirm(question, isYes: false) { return (view.choice.items, []) }
        return (free, busy.map { $0.line(.left) })
    }

    /// "3 VMs, 1 disk and the shared egress of asia-northeast1".
    private func words(_ vms: Int, _ view: Cleanup.View) -> String {
        var parts: [String] = []
        if vms > 0 { parts.append("\(vms) VM\(vms == 1 ? "" : "s")") }
        if !view.disks.isEmpty { parts.append("\(view.disks.count) disk\(view.disks.count == 1 ? "" : "s")") }
        let regions = view.egress(leaving: view.choice.busy).filter { $0.obstacle == nil }.map(\.region)
        if !regions.isEmpty { parts.append("the shared egress of \(regions.joined(separator: ", "))") }
        return parts.joined(separator: " and ")
    }

    // MARK: Showing

    /// What would become of everything.
    private func preview(_ view: Cleanup.View, busy: CleanupReport.Result) -> CleanupReport {
        var report = CleanupReport()
        report.lines = view.choice.items.map { item in
            item.line(item.atWork == nil || settings.isForced ? .wouldDelete : busy)
        }
        report.lines += view.disks.map { $0.line(.wouldDelete) }
        report.lines += view.egress(leaving: settings.isForced ? [] : view.choice.busy).map { $0.line(.wouldDelete) }
        report.lines += view.troubles
        return report
    }

    private func show(_ report: CleanupReport) {
        switch run.arguments.string("output") {
        case "json": run.print(report.json(project: settings.project).text(.pretty))
        case "jsonl": for line in report.jsonLines { run.print(line.text()) }
        default: if let table = report.table { run.print(table) }
        }
    }

    private func sayWhatIsLeft(_ report: CleanupReport, _ view: Cleanup.View) {
        let left = report.lines.filter { $0.result == .needsForce }
        if !left.isEmpty {
            run.logger.error(
                "VMs at work on unfinished shards were left; give --force to delete them, too",
                ["vms": .int(Int64(left.count)), "names": .string(NameList.text(left.map(\.name)))]
            )
        }
        let failed = report.lines.filter { if case .failed = $0.result { true } else { false } }
        if let first = failed.first {
            run.logger.error(
                "not all could be deleted; run the same command again when the cause is mended",
                ["failures": .int(Int64(failed.count)), "first": .string(first.note ?? first.name)]
            )
        }
        let staying = report.lines.filter { $0.result == .stillThere }
        if !staying.isEmpty {
            run.logger.error(
                "VMs are still there although their deletion was accepted; look at them in a few minutes",
                ["vms": .int(Int64(staying.count)), "names": .string(NameList.text(staying.map(\.name)))]
            )
        }
    }

    private static func key(_ vm: ComputeInstance) -> String { "\(vm.name) (\(vm.zone))" }

    // MARK: Connecting

    private func cleanup() -> Cleanup {
        var scope = settings.scope
        scope.now = connection.clock.epochMicroseconds
        let compute = ComputeClient(connection.api, project: settings.project)
        let completion = CompletionReader(
            fallback: settings.bucket,
            prefix: scope.prefix,
            rules: settings.liveness,
            now: connection.clock.epochMicroseconds
        ) { try connection.store($0) }
        let egress = SharedEgress(compute, clock: run.context.clock) { [run] region, step in
            run.logger.info("shared egress", ["region": .string(region), "step": .string(step)])
        }
        return Cleanup(
            compute,
            scope: scope,
            completion: completion,
            egress: settings.keepsEgress ? nil : egress,
            clock: run.context.clock
        )
    }
}
