import Transport
import FleetModel
import Common
import Console
import GoogleCloud
import Text

/// What `monitor-tick-download` does.
struct MonitorCommand {
    private let tool: ToolRun
    private let connections: MonitorConnections
    private let reader: MonitorReader
    private let prefix: String

    init(_ tool: ToolRun, _ connections: MonitorConnections) throws {
        self.tool = tool
        self.connections = connections
        prefix = try tool.arguments.required(SharedOptions.vmNamePrefix.name)
        let registry = try? InstrumentRegistry.load(tool.arguments, tool.context)
        reader = MonitorReader(
            store: connections.store,
            vms: connections.vms,
            prefix: prefix,
            rules: try SharedOptions.liveness(tool.arguments),
            now: connections.clock.epochMicroseconds,
            registry: { date in registry.map { Plan(date: date, instruments: $0.instruments, shards: 1, created: 0) } }
        )
    }

    func execute() async throws -> ExitStatus {
        let date = tool.arguments.argument("DATE").flatMap { CalendarDate($0) }
        switch (tool.arguments.subcommand, date) {
        case ("all", let date?): return try await show { try await all(date) }
        case ("gcs", let date?): return try await show { try await files(date) }
        case ("verify", let date?): return try await show { try await verify(date) }
        case ("vms", let date): return try await show { try await vms(date) }
        case ("cost", let date): return try await show { try await cost(date) }
        case ("logs", _): return try await logs()
        default: return try await show { try await overview() }
        }
    }

    /// Shows it once, or again and again.
    private func show(_ look: () async throws -> MonitorSnapshot) async throws -> ExitStatus {
        let arguments = tool.arguments
        let isTable = arguments.string(StandardOptions.output.name) == "table"
        let isOverview = arguments.subcommand == nil
        let terminal = tool.context.terminal
        let stays =
            isOverview && isTable && terminal.stdoutIsTerminal && terminal.movesCursor && !arguments.flag("exit-status")
        guard let seconds = try arguments.int("watch") ?? (stays ? 10 : nil) else {
            let look = try await look()
            MonitorPrinter(tool, place: connections.store.location).print(look)
            return look.status ?? (arguments.flag("exit-status") ? look.verdict.status : .done)
        }
        return try await RefreshLoop(tool, place: connections.store.location, every: .seconds(seconds)).run(look)
    }

    private var now: Int64 { tool.context.clock.epochMicroseconds() }

    private func report(
        _ date: CalendarDate,
        checksums: Bool = false
    ) async throws -> DateReport {
        try await reader.report(date, vms: try await reader.vms(), checksums: checksums)
    }

    private func all(_ date: CalendarDate) async throws -> MonitorSnapshot {
        let report = try await report(date)
        return MonitorSnapshot(
            text: { $0.date(report) },
            json: report.json(place: connections.store.location),
            verdict: report.verdict
        )
    }

    private func files(_ date: CalendarDate) async throws -> MonitorSnapshot {
        let report = try await report(date)
        var json = report.json(place: connections.store.location, isFull: false)
        for member in report.filesJSON.members { json[member.key] = member.value }
        json["vms"] = nil
        return MonitorSnapshot(text: { $0.files(report) }, json: json, verdict: report.verdict)
    }

    private func verify(_ date: CalendarDate) async throws -> MonitorSnapshot {
        let report = try await report(date, checksums: true)
        let verify = VerifyReport(report)
        let notes = MonitorText.notes(report)
        return MonitorSnapshot(
            text: { $0.verify(verify, notes: notes) },
            json: verify.json(place: connections.store.location, notes: notes),
            verdict: verify.isWhole ? .whole : report.verdict,
            status: verify.isWhole ? .done : verify.damaged.isEmpty ? .incomplete : .integrity
        )
    }

    private func vms(_ date: CalendarDate?) async throws -> MonitorSnapshot {
        guard let vms = connections.vms else {
            throw tool.arguments.error("\(connections.place) is a folder: no VMs work for it")
        }
        guard let date else {
            guard !tool.arguments.flag("exit-status") else {
                throw tool.arguments.error("--exit-status tells how far a date is: vms DATE")
            }
            let members = try await vms().compactMap { ManagedVM($0, prefix: prefix) }.sorted {
                $0.number < $1.number
            }
            let now = now
            return MonitorSnapshot(
                text: { $0.vms(members, report: nil, now: now) },
                json: ["schema": 1, "vms": .array(members.map { $0.json })],
                verdict: .whole
            )
        }
        // Here VMs are what was asked for: that they cannot be listed is an error.
        let list = MonitorReader.VMs(try await vms())
        let report = try await reader.report(date, vms: list)
        let members = report.members ?? []
        return MonitorSnapshot(
            text: { $0.vms(members, report: report, now: report.now) },
            json: [
                "schema": 1, "date": .string(date.description), "verdict": .string(report.verdict.rawValue),
                "vms": .array(members.map { $0.json }),
                "shard_list": .array(report.shards.filter { $0.worker != nil }.map { report.json($0) }),
            ],
            verdict: report.verdict
        )
    }

    private func overview() async throws -> MonitorSnapshot {
        let (reports, count, notes) = try await newest()
        let place = connections.store.location
        return MonitorSnapshot(
            text: { $0.overview(reports, hidden: count - reports.count, notes: notes) },
            json: [
                "schema": 1, "place": .string(place), "dates_total": .int(Int64(count)),
                "dates": .array(reports.map { .object($0.json(place: place, isFull: false)) }),
                "notes": .array(notes.map(JSONValue.string)),
            ],
            verdict: .worst(reports.map(\.verdict))
        )
    }

    private func cost(_ date: CalendarDate?) async throws -> MonitorSnapshot {
        guard connections.compute != nil else {
            throw tool.arguments.error(
                "\(connections.place) is a folder: no VMs work for it, and nothing is to be paid"
            )
        }
        let (shape, prices) = try CostSettings(tool).read()
        if let date {
            let report = try await report(date)
            let cost = CostReport(report, shape: shape, prices: prices)
            let notes = MonitorText.notes(report)
            return MonitorSnapshot(text: { $0.cost(cost, notes: notes) }, json: cost.json, verdict: report.verdict)
        }
        let (reports, count, notes) = try await newest()
        let costs = reports.map { CostReport($0, shape: shape, prices: prices) }
        return MonitorSnapshot(
            text: { $0.costs(costs, hidden: count - reports.count, notes: notes) },
            json: ["schema": 1, "label": "estimate", "dates": .array(costs.map { .object($0.json) })],
            verdict: .worst(reports.map(\.verdict))
        )
    }

    /// The newest dates, how many there are in all, and what could not be read.
    private func newest() async throws -> (reports: [DateReport], count: Int, notes: [String]) {
        let limit = try tool.arguments.int("dates") ?? 10
        let vms = try await reader.vms()
        let (reports, count) = try await reader.newest(limit, vms: vms)
        return (reports, count, vms.note.map { [$0] } ?? [])
    }

    private func logs() async throws -> ExitStatus {
        let arguments = tool.arguments
        guard try arguments.int("watch") == nil else {
            throw arguments.error("logs has --follow instead of --watch")
        }
        let name = arguments.argument("VM") ?? ""
        let request = VMLog.Request(
            vm: Int(name).map { FleetNames.vm(prefix, $0) } ?? name,
            date: arguments.string("date").flatMap { CalendarDate($0) },
            attempt: try arguments.int("attempt"),
            follows: arguments.flag("follow")
        )
        let log = VMLog(
            reader: reader,
            store: connections.store,
            serial: connections.serial,
            sleep: tool.context.clock.sleep
        )
        let printer = LogPrinter(tool, vm: request.vm)
        try await log.read(request) { printer.take($0) }
        printer.finish()
        return .done
    }
}
