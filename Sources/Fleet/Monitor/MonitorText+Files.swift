import FleetModel
import Common
import Console

extension MonitorText {
    /// `gcs`: what the bucket has of a date, by type and venue.
    func files(_ report: DateReport) -> String {
        var table = TextTable([
            .init("TYPE", shrinksTo: 10), .init("VENUE"), .init("EXPECTED", alignRight: true),
            .init("THERE", alignRight: true),
            .init("BAD", alignRight: true), .init("MISSING", alignRight: true), .init("ROWS", alignRight: true),
            .init("BYTES", alignRight: true),
        ])
        for type in report.types {
            for venue in Venue.allCases {
                let part = FileCounts(
                    report.files.filter { $0.object.dataType == type.type && $0.object.venue == venue }
                )
                guard part.expected > 0 else { continue }
                table.add([
                    .init(type.type.rawValue), .init(venue.rawValue), Self.number(part.expected),
                    Self.number(part.whole),
                    .init("\(part.damaged)", part.damaged > 0 ? .red : .plain), Self.number(part.missing),
                    .init(Format.count(part.rows)), .init(Format.bytes(part.bytesOut)),
                ])
            }
        }
        var text = heading(report) + "\n" + self.table(table)
        if !report.surplus.isEmpty { text += section("ASKED FOR BY NO PLAN", Self.some(report.surplus)) }
        let bad = report.files.compactMap { file -> String? in
            if case .damaged(let reason) = file.state { "\(file.name): \(reason)" } else { nil }
        }
        text += section("BAD", Self.some(bad))
        text += section("MISSING", Self.some(report.files.filter { $0.state == .missing }.map(\.name)))
        return text + section("NOTES", Self.notes(report))
    }

    /// `verify`: what is not there or not right.
    func verify(_ verify: VerifyReport, notes: [String]) -> String {
        let verdict =
            verify.isWhole
            ? "\(verify.date) is complete: each of \(verify.expected) expected objects is there and agrees with its metadata"
            : "\(verify.date) is not complete\(verify.isWorking ? " yet, and is being downloaded" : ""): \(verify.right) of \(verify.expected) expected objects are there and right"
        var text = sentence(verdict, verify.isWhole ? .green : .red)
        if verify.isWhole, !verify.absent.isEmpty {
            text = sentence(
                "\(verify.date) is complete: \(verify.right) of \(verify.expected) expected objects are there and right, the source does not have the others",
                .green
            )
        }
        text += section(
            "DAMAGED (\(verify.damaged.count))",
            Self.some(verify.damaged.map { "\($0.name): \($0.reason)" })
        )
        text += section("MISSING (\(verify.missing.count))", Self.some(verify.missing))
        text += section("NOT AT THE SOURCE (\(verify.absent.count))", Self.some(verify.absent))
        text += section(
            "SHORTER THAN THE DAY (\(verify.short.count))",
            Self.some(verify.short.map { "\($0.name): \($0.reason)" })
        )
        text += section("ASKED FOR BY NO PLAN (\(verify.surplus.count))", Self.some(verify.surplus))
        return text + section("NOTES", notes)
    }

    /// The first of many lines; all of them are in the JSON forms.
    private static func some(_ lines: [String]) -> [String] {
        let limit = 20
        guard lines.count > limit else { return lines }
        return lines.prefix(limit) + ["and \(lines.count - limit) more; --output json lists all"]
    }
}
