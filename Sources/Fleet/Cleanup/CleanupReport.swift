import Console
import Text

/// What a clean-up did, or would do, for people and programs.
struct CleanupReport: Sendable, Equatable {
    /// What a line is about.
    enum Subject: String, Sendable {
        case vm
        /// A disk that a VM left behind.
        case disk
        /// The shared egress of a region.
        case egress
    }

    enum Result: Sendable, Equatable {
        /// It is gone by this.
        case deleted
        /// It was gone already.
        case gone
        /// It stays, as it is not to be deleted unless `--force` says so.
        case needsForce
        /// It stays, as a person chose, or as it serves something else.
        case left
        /// It would be deleted (`--dry-run`).
        case wouldDelete
        /// It is at work, and it will be asked whether it is to be deleted.
        case wouldAsk
        /// Its deletion was accepted, but it is still there.
        case stillThere
        /// It could not be deleted.
        case failed(ExitStatus)

        var word: String {
            switch self {
            case .deleted: "deleted"
            case .gone: "gone already"
            case .needsForce: "left, needs --force"
            case .left: "left"
            case .wouldDelete: "would delete"
            case .wouldAsk: "at work, would ask"
            case .stillThere: "still there"
            case .failed: "failed"
            }
        }
    }

    struct Line: Sendable, Equatable {
        var subject: Subject
        var name: String
        var place: String
        /// What it was like before: a VM's status, a disk's size.
        var state: String
        /// The dates that a VM downloads.
        var dates: [String]
        var result: Result
        /// Why, where there is something to say.
        var note: String?

        init(
            _ subject: Subject,
            _ name: String,
            place: String,
            state: String = "",
            dates: [String] = [],
            result: Result,
            note: String? = nil
        ) {
            self.subject = subject
            self.name = name
            self.place = place
            self.state = state
            self.dates = dates
            self.result = result
            self.note = note
        }
    }

    var lines: [Line] = []

    /// An empty report.
    init() {}

    /// How many lines of the subject ended so.
    func count(_ subject: Subject, where condition: (Result) -> Bool) -> Int {
        lines.count { $0.subject == subject && condition($0.result) }
    }

    /// How the tool ends: `incomplete` when something is still there that should be gone; for failures what they have in common,
    /// `partial` when something else was deleted; for VMs left for want of `--force` `usage`, or `partial` likewise.
    var status: ExitStatus {
        let results = lines.map(\.result)
        if results.contains(.stillThere) { return .incomplete }
        let failures = results.compactMap { result in
            if case .failed(let status) = result { status } else { nil }
        }
        let isPart = results.contains(.deleted)
        if let first = failures.first {
            if isPart { return .partial }
            return Set(failures).count == 1 ? first : .failed
        }
        if results.contains(.needsForce) { return isPart ? .partial : .usage }
        return .done
    }
}

extension CleanupReport {
    /// The table for people; empty when there is nothing to say.
    var table: TextTable? {
        guard !lines.isEmpty else { return nil }
        var table = TextTable([
            .init("NAME"), .init("WHERE"), .init("WAS"), .init("DATES", shrinksTo: 10), .init("RESULT"),
            .init("NOTE", shrinksTo: 16),
        ])
        for line in lines {
            table.add([
                .init(line.subject == .disk ? "disk \(line.name)" : line.name), .init(line.place), .init(line.state),
                .init(line.dates.joined(separator: ",")), .init(line.result.word, line.result.style),
                .init(line.note ?? ""),
            ])
        }
        return table
    }

    var jsonLines: [JSONValue] {
        lines.map { line in
            var object: JSONObject = [
                "schema": 1, "kind": .string(line.subject.rawValue), "name": .string(line.name),
                "place": .string(line.place), "was": .string(line.state),
                "dates": .array(line.dates.map { .string($0) }),
                "result": .string(line.result.key),
            ]
            if let note = line.note { object["note"] = .string(note) }
            return .object(object)
        }
    }

    /// All in one document.
    func json(project: String) -> JSONValue {
        [
            "schema": 1, "project": .string(project), "exit_status": .int(Int64(status.rawValue)),
            "lines": .array(jsonLines),
        ]
    }
}

extension CleanupReport.Result {
    fileprivate var key: String {
        switch self {
        case .deleted: "deleted"
        case .gone: "gone"
        case .needsForce: "needs_force"
        case .left: "left"
        case .wouldDelete: "would_delete"
        case .wouldAsk: "would_ask"
        case .stillThere: "still_there"
        case .failed: "failed"
        }
    }

    fileprivate var style: TextStyle {
        switch self {
        case .deleted, .gone, .wouldDelete, .left: .plain
        case .needsForce, .wouldAsk: .yellow
        case .stillThere, .failed: .red
        }
    }
}
