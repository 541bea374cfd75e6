import FleetModel
import Common
import Console

extension MonitorText {
    /// `cost DATE`.
    func cost(_ cost: CostReport, notes: [String]) -> String {
        var text = sentence("\(cost.date): what it costs, an estimate from \(Self.table(cost.soFar, cost.toCome))")
        text += section("SO FAR", Self.lines(cost.soFar))
        text += section("TO COME", Self.lines(cost.toCome))
        var remarks = notes
        if cost.hasEarlierAttempts {
            remarks.append("VMs that worked before those of now are not counted: nothing is known of how long they ran")
        }
        return text + section("NOTES", remarks)
    }

    /// `cost`: one line a date.
    func costs(_ costs: [CostReport], hidden: Int, notes: [String]) -> String {
        guard let first = costs.first else { return sentence("no run is in \(place) yet") + section("NOTES", notes) }
        var table = TextTable([
            .init("DATE"), .init("VMS", alignRight: true), .init("VM TIME", alignRight: true),
            .init("SO FAR", alignRight: true), .init("TO COME", alignRight: true), .init("A MONTH", alignRight: true),
        ])
        for cost in costs {
            table.add([
                .init(cost.date.description), Self.number(cost.workers), .init(Format.duration(cost.worked)),
                .init(Estimate.money(cost.soFar.once)), .init(Estimate.money(cost.toCome.once)),
                .init(Estimate.money(cost.soFar.monthly)),
            ])
        }
        var text = sentence("estimates from \(Self.table(first.soFar, first.toCome))") + self.table(table)
        if hidden > 0 {
            text += sentence("\(hidden) earlier \(hidden == 1 ? "date" : "dates") not shown; --dates N shows more")
        }
        return text + section("NOTES", notes)
    }

    private static func lines(_ estimate: Estimate) -> [String] {
        guard !estimate.lines.isEmpty else { return ["estimate: nothing"] }
        let atLeast = estimate.isComplete ? "" : "at least "
        return estimate.lines.map(\.description) + [
            "estimate: \(atLeast)\(Estimate.money(estimate.once)) once and \(Estimate.money(estimate.monthly)) a month"
        ]
    }

    private static func table(_ first: Estimate, _ second: Estimate) -> String {
        let day = first.asOf ?? second.asOf
        return day.map { "the list prices of \($0) (\(first.table))" } ?? "\(first.table), which was not needed"
    }
}
