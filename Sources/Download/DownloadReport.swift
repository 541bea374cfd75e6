import FleetModel
import Common
import Console
import Glibc
import Text

/// The end of a download: what became of the files, in numbers and reasons.
struct DownloadReport {
    let outcomes: [FileOutcome]
    let elapsed: Duration
    let isDryRun: Bool
    let place: String

    /// Reasons that are printed; all of them are in the JSON forms.
    private static let namedReasons = 20

    /// How the tool ends because of the files.
    var status: ExitStatus {
        let failures = outcomes.compactMap { $0.failure }
        let settled = outcomes.count - failures.count
        if let first = failures.first {
            if settled > 0 { return .partial }
            return failures.allSatisfy { $0.status == first.status } ? first.status : .failed
        }
        let isNothing = !outcomes.isEmpty && outcomes.allSatisfy { $0.word == "absent" }
        return isNothing ? .incomplete : .done
    }

    func print(_ run: ToolRun) {
        switch run.arguments.string(StandardOptions.output.name) {
        case "json": run.print(json.text(.pretty))
        case "jsonl": for outcome in outcomes { run.print(outcome.json.text()) }
        default: printTable(run)
        }
    }

    // MARK: People

    private func printTable(_ run: ToolRun) {
        var table = TextTable([
            .init("TYPE"), .init(isDryRun ? "TO DO" : "DONE", alignRight: true), .init("SKIPPED", alignRight: true),
            .init("EMPTY", alignRight: true), .init("ABSENT", alignRight: true), .init("FAILED", alignRight: true),
            .init("ROWS", alignRight: true), .init("IN", alignRight: true), .init("OUT", alignRight: true),
        ])
        for type in DataType.allCases {
            let part = outcomes.filter { $0.job.object.dataType == type }
            if !part.isEmpty { table.add(row(type.rawValue, part)) }
        }
        table.add(row("all", outcomes))
        run.print(table)
        printReasons(run, "absent")
        printReasons(run, "failed")
        run.print(closing)
    }

    private func row(_ title: String, _ part: [FileOutcome]) -> [TextTable.Cell] {
        func count(_ word: String) -> Int64 { Int64(part.filter { $0.word == word }.count) }
        let failed = count("failed")
        return [
            .init(title), .init(Format.count(count("done"))), .init(Format.count(count("skipped"))),
            .init(Format.count(count("empty"))), .init(Format.count(count("absent"))),
            .init(Format.count(failed), failed > 0 ? .red : .plain),
            .init(Format.count(part.reduce(0) { $0 + $1.rows })),
            .init(Format.bytes(part.reduce(0) { $0 + $1.bytesIn })),
            .init(Format.bytes(part.reduce(0) { $0 + $1.bytesOut })),
        ]
    }

    /// One line a reason; files that share one are counted.
    private func printReasons(_ run: ToolRun, _ word: String) {
        let part = outcomes.filter { $0.word == word }
        var groups: [(reason: String, files: [FileOutcome])] = []
        for outcome in part {
            let reason = outcome.reason ?? ""
            if let index = groups.firstIndex(where: { $0.reason == reason }) {
                groups[index].files.append(outcome)
            } else {
                groups.append((reason, [outcome]))
            }
        }
        for (reason, files) in groups.prefix(Self.namedReasons) {
            let more = files.count > 1 ? " and \(files.count - 1) more" : ""
            run.printLine("\(word): \(files[0].job.object.name)\(more): \(reason)")
        }
        let unnamed = groups.dropFirst(Self.namedReasons).reduce(0) { $0 + $1.files.count }
        if unnamed > 0 { run.print("\(word): and \(unnamed) more; --output json lists all") }
        if word == "failed", !part.isEmpty, !isDryRun {
            run.print("Run the same command again to do only what is missing.")
        }
    }

    private var closing: String {
        if isDryRun { return "Nothing was changed (dry run). Place: \(place)" }
        return "\(outcomes.count) files in \(Format.duration(elapsed)), "
            + "\(Format.rate(bytesPerSecond: bytesPerSecond)) in, peak memory \(Format.bytes(Self.peakMemory)). "
            + "Place: \(place)"
    }

    private var bytesPerSecond: Double {
        let seconds = elapsed / .seconds(1)
        return seconds > 0 ? Double(outcomes.reduce(0) { $0 + $1.bytesIn }) / seconds : 0
    }

    /// The largest resident size of this process so far, bytes.
    private static var peakMemory: Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss) * 1024
    }

    // MARK: Programs

    private var json: JSONValue {
        func count(_ word: String) -> JSONValue { .int(Int64(outcomes.filter { $0.word == word }.count)) }
        return [
            "schema": 1,
            "place": .string(place),
            "dry_run": .bool(isDryRun),
            "total": .int(Int64(outcomes.count)),
            "done": count("done"),
            "skipped": count("skipped"),
            "empty": count("empty"),
            "absent": count("absent"),
            "failed": count("failed"),
            "rows": .int(outcomes.reduce(0) { $0 + $1.rows }),
            "bytes_in": .int(outcomes.reduce(0) { $0 + $1.bytesIn }),
            "bytes_out": .int(outcomes.reduce(0) { $0 + $1.bytesOut }),
            "seconds": .double(elapsed / .seconds(1)),
            "peak_memory_bytes": .int(Self.peakMemory),
            "files": .array(outcomes.map(\.json)),
        ]
    }
}

extension FileOutcome {
    /// The result in a word; "done" for what a dry run would download.
    var word: String {
        switch result {
        case .done: "done"
        case .skipped: "skipped"
        case .empty: "empty"
        case .absent: "absent"
        case .failed: "failed"
        }
    }

    var failure: FileFailure? {
        if case .failed(let failure) = result { failure } else { nil }
    }

    var reason: String? {
        if case .absent(let proof) = result { proof.reason } else { failure?.reason }
    }

    var json: JSONValue {
        [
            "object": .string(job.object.name),
            "result": .string(word),
            "rows": .int(rows),
            "bytes_in": .int(bytesIn),
            "bytes_out": .int(bytesOut),
            "reason": reason.map(JSONValue.string) ?? .null,
        ]
    }
}
