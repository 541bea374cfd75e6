import Transport
import FleetModel
import Common
import Console
import Dispatch
import Host
import Parquet
import Text
import Ticks

/// `convert IN OUT`: one file on disk, no network.
struct ConvertCommand {
    private let run: ToolRun

    init(_ run: ToolRun) {
        self.run = run
    }

    func execute() async throws -> ExitStatus {
        let input = run.arguments.argument("IN") ?? "-"
        let output = run.arguments.argument("OUT") ?? ""
        let options = try options(input)
        if output == "-", run.context.terminal.stdoutIsTerminal {
            throw run.arguments.error(
                "stdout is a terminal, and Parquet is no text: name OUT, or lead stdout into a file or pipe"
            )
        }
        let start = run.context.clock.monotonic()
        let reader = input == "-" ? ReadableFile.standardInput() : try ReadableFile(input)
        let file = try OutputFile(output, input: input)
        let converter = TickConverter(options: options, pool: WorkPool(threads: try run.arguments.int("threads")))
        async let feeding: Void = feed(reader, converter)
        do {
            while let piece = try await converter.read() {
                try options.times.measure(.write) { try file.write(piece) }
            }
        } catch let error as TickError where error.kind == .unknownType {
            throw run.arguments.error("\(error) (--data-type TYPE)")
        }
        await feeding
        guard let summary = converter.summary else { return .failed }
        try Task.checkCancellation()
        try file.finish()
        let elapsed = run.context.clock.monotonic() - start
        report(summary, input, output, elapsed)
        if let times = options.times { showTimings(times, summary, elapsed) }
        return .done
    }

    /// Gives the source to the converter; its own failures become the conversion's.
    private func feed(_ reader: ReadableFile, _ converter: TickConverter) async {
        let queue = DispatchQueue(label: "reader")
        do {
            while true {
                let piece = try await reader.next(on: queue)
                if piece.isEmpty { break }
                try await converter.write(piece)
            }
            converter.finish()
        } catch {
            converter.fail(error)
        }
    }

    private func options(_ input: String) throws -> ConversionOptions {
        let name = input == "-" ? "standard input" : input
        let base = String(name.split(separator: "/").last ?? "")
        let asked = run.arguments.string("data-type").flatMap(TickType.init(rawValue:))
        var options = ConversionOptions(source: name, type: asked)
        options.writer.zstdLevel = try run.arguments.int("zstd-level") ?? 1
        options.writer.usesDeltas = !run.arguments.flag("plain-encodings")
        if run.arguments.flag("timings") { options.times = StageTimes() }
        options.keyValues = [KeyValue("source", base), KeyValue("kit", BuildInfo.version)]
        options.createdBy = "market-tick-data-handler version \(BuildInfo.version)"
        return options
    }

    /// CPU time of all threads; "other" is what is left of the process's own: start, reading, hand-over between threads.
    private func showTimings(_ times: StageTimes, _ summary: ConversionSummary, _ elapsed: Duration) {
        let process = Double(CPUClock.process) / 1e9
        let stages = times.seconds.map { ($0.stage.rawValue, $0.seconds) }.filter { $0.1 > 0 }
        let other = max(0, process - stages.reduce(0) { $0 + $1.1 })
        let rows = stages + [("other", other), ("all", process)]
        guard !run.logsJSON else {
            var fields: JSONObject = ["wall_seconds": .double(elapsed / .seconds(1))]
            for (name, seconds) in rows { fields["\(name)_cpu_seconds"] = .double(seconds) }
            return run.logger.info("timings", fields)
        }
        var table = TextTable([
            .init("STAGE"), .init("CPU MS", alignRight: true), .init("SHARE", alignRight: true),
            .init("CSV RATE", alignRight: true),
        ])
        for (name, seconds) in rows {
            let rate = seconds > 0 ? Format.rate(bytesPerSecond: Double(summary.csvBytes) / seconds) : ""
            table.add([
                .init(name), .init(Format.fixed(seconds * 1_000, decimals: 1)),
                .init(Format.fixed(process > 0 ? 100 * seconds / process : 0, decimals: 0) + " %"), .init(rate),
            ])
        }
        run.context.messages.write(table.render(width: nil))
        run.context.messages.write("wall \(Format.fixed(elapsed / .milliseconds(1), decimals: 1)) ms\n")
    }

    /// The type as far as it can be told: trades and liquidations have the same header, quotes and book_ticker too, and only
    /// the file's name, as Tardis's clients make it, tells those apart.
    private func type(_ summary: ConversionSummary, _ input: String) -> TickType? {
        let named = TickType.allCases.first { input.contains("_\($0.rawValue)_") && $0.header == summary.type?.header }
        return run.arguments.string("data-type") == nil ? named ?? summary.type : summary.type
    }

    private func report(_ summary: ConversionSummary, _ input: String, _ output: String, _ elapsed: Duration) {
        if !summary.unknownColumns.isEmpty {
            run.logger.warning(
                "columns that no data type of Tardis has are kept as text; --data-type TYPE checks that all of its type's are there",
                ["columns": .string(summary.unknownColumns.joined(separator: ", "))]
            )
        }
        let seconds = elapsed / .seconds(1)
        run.logger.info(
            "converted",
            [
                "file": .string(output),
                "type": .string(type(summary, input)?.rawValue ?? "unknown"),
                "rows": .int(summary.rows),
                "csv": .string(Format.bytes(summary.csvBytes)),
                "parquet": .string(Format.bytes(summary.outputBytes)),
                "time": .string(Format.duration(elapsed)),
                "csv_rate": .string(Format.rate(bytesPerSecond: seconds > 0 ? Double(summary.csvBytes) / seconds : 0)),
            ]
        )
    }
}
