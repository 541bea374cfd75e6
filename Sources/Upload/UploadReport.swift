import Common
import Console
import Text

/// What became of the files, for people and programs.
struct UploadReport {
    private struct Row {
        let path: String
        let object: String?
        let bytes: Int64
        let outcome: UploadOutcome
    }

    let target: String
    /// From the first file's start to the last one's end.
    var duration = Duration.zero
    private var rows: [Row] = []

    init(target: String) {
        self.target = target
    }

    /// Notes the end of a file.
    mutating func add(_ file: SourceFile, _ outcome: UploadOutcome) {
        rows.append(Row(path: file.path, object: file.object, bytes: file.size, outcome: outcome))
    }

    /// Notes a path that could not be read at all.
    mutating func add(path: String, reason: String) {
        rows.append(Row(path: path, object: nil, bytes: 0, outcome: .failed(reason: reason, .failed)))
    }

    /// `partial` when some failed and some did not; what all failures have in common, or `failed`, when all failed.
    var status: ExitStatus {
        let failures = rows.compactMap { row in
            if case .failed(_, let status) = row.outcome { status } else { nil }
        }
        if failures.isEmpty { return .done }
        if failures.count < rows.count { return .partial }
        return Set(failures).count == 1 ? failures[0] : .failed
    }

    /// The totals and, if there are any, the failures.
    var tables: [TextTable] {
        var totals = TextTable([
            .init("RESULT"), .init("FILES", alignRight: true), .init("BYTES", alignRight: true),
            .init("RATE", alignRight: true),
        ])
        for name in ["uploaded", "would upload", "skipped", "failed"] {
            let chosen = rows.filter { Self.name($0.outcome) == name }
            // A dry run uploads nothing, any other run would not.
            if chosen.isEmpty, name == "would upload" { continue }
            let bytes = chosen.reduce(0) { $0 + $1.bytes }
            let seconds = duration / .seconds(1)
            let rate = name == "uploaded" && seconds > 0 ? Format.rate(bytesPerSecond: Double(bytes) / seconds) : "-"
            totals.add([
                .init(name), .init(Format.count(Int64(chosen.count))), .init(Format.bytes(bytes)), .init(rate),
            ])
        }
        let failures = rows.compactMap { row -> [TextTable.Cell]? in
            guard case .failed(let reason, _) = row.outcome else { return nil }
            return [.init(row.path), .init(reason, .red)]
        }
        guard !failures.isEmpty else { return [totals] }
        var failed = TextTable([.init("FAILED", shrinksTo: 24), .init("REASON")])
        for failure in failures { failed.add(failure) }
        return [totals, failed]
    }

    var lines: [JSONValue] {
        rows.map { row in
            var line: JSONObject = [
                "schema": 1, "path": .string(row.path), "object": row.object.map(JSONValue.string) ?? .null,
                "bytes": .int(row.bytes), "outcome": .string(Self.name(row.outcome)),
            ]
            if case .failed(let reason, _) = row.outcome { line["reason"] = .string(reason) }
            return .object(line)
        }
    }

    var json: JSONValue {
        [
            "schema": 1, "target": .string(target), "seconds": .double(duration / .seconds(1)),
            "files": .array(lines),
        ]
    }

    private static func name(_ outcome: UploadOutcome) -> String {
        switch outcome {
        case .uploaded: "uploaded"
        case .skipped: "skipped"
        case .wouldUpload: "would upload"
        case .failed: "failed"
        }
    }
}
