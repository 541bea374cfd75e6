import FleetModel
import Common
import Console
import GoogleCloud

extension MonitorText {
    /// `all DATE`: VMs, shards, files, failures, what to do next.
    func date(_ report: DateReport) -> String {
        var text = heading(report)
        text += vmLine(report)
        text += shardLine(report)
        text += "\n" + table(types(report))
        if !report.surplus.isEmpty {
            let (objects, are) = report.surplus.count == 1 ? ("object", "is") : ("objects", "are")
            text += sentence("\(report.surplus.count) more \(objects) of the date \(are) asked for by no plan")
        }
        text += shards(report)
        text += section("FAILURES", report.failures.map(failure))
        text += section("NOTES", Self.notes(report))
        return text + section("NEXT", MonitorAdvice(report, place: place).sentences)
    }

    /// The date, how far it is, and how fast it goes.
    func heading(_ report: DateReport) -> String {
        let total = report.total
        let word =
            switch report.verdict {
            case .whole: "is complete"
            case .working: "is being downloaded"
            // Without the list of VMs it is not known who downloads; a folder is filled by processes, which heartbeats tell of.
            case .incomplete where report.members == nil && place.hasPrefix("gs://"):
                "is not complete; VMs could not be listed"
            case .incomplete: "is not complete, and nobody downloads it"
            }
        var text = sentence("\(report.date) in \(place) \(word)", Self.style(report.verdict))
        var figures = [
            "\(total.settled) of \(total.expected) files (\(Format.percent(Int64(total.settled), of: Int64(total.expected))))",
            "\(Format.count(total.rows)) rows", "\(Format.bytes(total.bytesOut)) of Parquet",
        ]
        if report.verdict == .working {
            figures.append(Format.rate(bytesPerSecond: Double(report.bytesPerSecond)))
            if let left = report.timeLeft { figures.append("about \(Format.duration(left)) left") }
        }
        text += sentence(figures.joined(separator: ", "))
        return text + sentence("as of \(Self.clock(report.now))", .dim)
    }

    private func vmLine(_ report: DateReport) -> String {
        guard let states = report.vmStates, let members = report.members else { return "\nVMs: not known\n" }
        let counts = states.map { (name: $0.status.rawValue, count: $0.count) }
        let detail = counts.isEmpty ? "" : ": " + Self.counts(counts)
        return "\n" + sentence("\(members.count) VM\(members.count == 1 ? "" : "s")\(detail)", indent: 2)
    }

    private func shardLine(_ report: DateReport) -> String {
        let counts = report.phases.map { (name: $0.phase.rawValue, count: $0.count) }
        let detail = counts.isEmpty ? "" : ": " + Self.counts(counts)
        if report.plans.allSatisfy(\.isAssumed) { return "shards: not known\n" }
        return sentence("\(report.shards.count) shard\(report.shards.count == 1 ? "" : "s")\(detail)", indent: 2)
    }

    /// The files by type.
    func types(_ report: DateReport) -> TextTable {
        var table = TextTable([
            .init("TYPE", shrinksTo: 10), .init("FILES", alignRight: true),
            .init("EMPTY", alignRight: true), .init("ABSENT", alignRight: true), .init("BAD", alignRight: true),
            .init("MISSING", alignRight: true), .init("ROWS", alignRight: true), .init("BYTES", alignRight: true),
        ])
        for (name, counts) in report.types.map({ ($0.type.rawValue, $0.counts) }) + [("all", report.total)] {
            table.add([
                .init(name), .init("\(counts.whole)/\(counts.expected)"),
                Self.number(counts.empty), Self.number(counts.absent),
                .init("\(counts.damaged)", counts.damaged > 0 ? .red : .plain),
                .init(Format.count(Int64(counts.missing)), counts.missing > 0 ? .yellow : .plain),
                .init(Format.count(counts.rows)), .init(Format.bytes(counts.bytesOut)),
            ])
        }
        return table
    }

    /// The shards that are not finished, one a line; the others as a number.
    private func shards(_ report: DateReport) -> String {
        let open = report.shards.filter { !$0.phase.isComplete }
        guard !open.isEmpty else { return "" }
        let hasPlans = report.plans.count > 1
        var columns: [TextTable.Column] = [
            .init("SHARD", alignRight: true), .init("VM"), .init("STATE"), .init("FILES", alignRight: true),
            .init("DONE", alignRight: true), .init("RATE", alignRight: true), .init("LEFT", alignRight: true),
            .init("HEARD", alignRight: true), .init("DOING", shrinksTo: 6),
        ]
        if hasPlans { columns.insert(.init("PLAN", shrinksTo: 9), at: 0) }
        var table = TextTable(columns)
        for shard in open {
            let cells = Self.cells(shard, report.state)
            table.add(hasPlans ? [.init(shard.planName.description)] + cells : cells)
        }
        let finished = report.shards.count - open.count
        return "\n" + self.table(table)
            + (finished > 0 ? "\(finished) more \(finished == 1 ? "is" : "are") finished\n" : "")
    }

    private static func cells(_ shard: ShardState, _ state: DateState) -> [TextTable.Cell] {
        let rate = shard.bytesPerSecond.map { Format.rate(bytesPerSecond: Double($0)) } ?? "-"
        return [
            number(shard.shard), .init(shard.vm ?? "-"), .init(shard.phase.rawValue, style(shard.phase)),
            .init("\(shard.counts.settled)/\(shard.counts.expected)"),
            .init(Format.percent(Int64(shard.counts.settled), of: Int64(shard.counts.expected))), .init(rate),
            .init(state.timeLeft(shard).map(Format.duration) ?? "-"), .init(age(shard.heard, state.now)),
            .init(doing(shard)),
        ]
    }

    private func failure(_ failure: FailureGroup) -> String {
        let files = failure.files > 0 ? " (\(failure.files) \(failure.files == 1 ? "file" : "files"))" : ""
        return "\(failure.phase.rawValue) \(NameList.text(failure.names))\(files): \(failure.reason)"
    }

    /// What could not be read, and what the numbers rest upon.
    static func notes(_ report: DateReport) -> [String] {
        var notes = report.notes + report.damages
        if report.plans.contains(where: \.isAssumed) {
            notes.append("no plan of the date is there; what is expected is told by the instrument registry")
        } else if report.plans.isEmpty {
            notes.append(
                "no plan of the date is there, and no instrument registry was found: what is expected is not known"
            )
        }
        return notes
    }
}
