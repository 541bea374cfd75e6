import FleetModel
import Common
import Console
import GoogleCloud

extension MonitorText {
    /// The dates that have runs, newest first, each in a line; `hidden` more are not shown.
    func overview(_ reports: [DateReport], hidden: Int, notes: [String]) -> String {
        guard !reports.isEmpty else {
            return sentence("no run is in \(place) yet: orchestrate-tick-download --date DATE starts one")
                + section("NOTES", notes)
        }
        var table = TextTable([
            .init("DATE"), .init("STATE"), .init("FILES", alignRight: true), .init("DONE", alignRight: true),
            .init("SHARDS", alignRight: true), .init("VMS", alignRight: true), .init("RATE", alignRight: true),
            .init("LEFT", alignRight: true), .init("TROUBLE", shrinksTo: 8),
        ])
        for report in reports {
            let finished = report.shards.filter(\.phase.isComplete).count
            let alive = report.members.map { $0.filter(\.vm.status.isAlive).count }
            let isWorking = report.verdict == .working
            table.add([
                .init(report.date.description), .init(report.verdict.rawValue, Self.style(report.verdict)),
                .init("\(report.total.settled)/\(report.total.expected)"),
                .init(Format.percent(Int64(report.total.settled), of: Int64(report.total.expected))),
                .init("\(finished)/\(report.shards.count)"), .init(alive.map { "\($0)" } ?? "?"),
                .init(isWorking ? Format.rate(bytesPerSecond: Double(report.bytesPerSecond)) : "-"),
                .init(isWorking ? report.timeLeft.map(Format.duration) ?? "-" : "-"), .init(Self.trouble(report)),
            ])
        }
        var text = self.table(table)
        if hidden > 0 {
            text += sentence("\(hidden) earlier \(hidden == 1 ? "date" : "dates") not shown; --dates N shows more")
        }
        return text
            + section("NOTES", notes + reports.flatMap { report in report.notes.map { "\(report.date): \($0)" } })
            + section("NEXT", next(reports))
    }

    private static func trouble(_ report: DateReport) -> String {
        let phases: [ShardPhase] = [.failed, .partial, .lost, .locked, .preempted, .stopped]
        var parts = report.phases.filter { phases.contains($0.phase) }.map { "\($0.count) \($0.phase.rawValue)" }
        if report.total.damaged > 0 { parts.append("\(report.total.damaged) bad") }
        return parts.joined(separator: ", ")
    }

    private func next(_ reports: [DateReport]) -> [String] {
        guard let report = reports.first(where: { $0.verdict != .whole }) ?? reports.first else { return [] }
        return ["monitor-tick-download all \(report.date) shows that date in full"]
            + MonitorAdvice(report, place: place).sentences.prefix(1)
    }
}
