public import FleetModel
public import Console

/// `--date`, `--start-date` and `--end-date`, the same in every tool that works on days.
public enum DateOptions {
    /// The three options; `purpose` goes on after "A day ": `to download`.
    public static func options(_ purpose: String) -> [OptionSpec] {
        [
            .list(
                "date",
                "DATE",
                help: "A day \(purpose), YYYY-MM-DD (UTC), or a range FIRST..LAST.",
                check: .dateRange
            ),
            .value("start-date", "DATE", help: "The first of a range of days.", check: .date),
            .value("end-date", "DATE", help: "The last of a range of days, included.", check: .date),
        ]
    }

    /// The days asked for, in their order, none twice; empty when no day is named. Throws `UsageError`.
    public static func dates(_ arguments: ParsedArguments) throws -> [CalendarDate] {
        var dates = Set(arguments.all("date").compactMap { DateRange($0) }.joined())
        switch (arguments.string("start-date"), arguments.string("end-date")) {
        case (nil, nil): break
        case (let first?, let last?):
            guard let first = CalendarDate(first), let last = CalendarDate(last),
                let range = DateRange(first, through: last)
            else { throw arguments.error("--end-date \(last) is before --start-date \(first)") }
            dates.formUnion(range)
        default: throw arguments.error("--start-date and --end-date go together")
        }
        return dates.sorted()
    }

    /// The days asked for, at least one, none of which begins in the future. Throws `UsageError`.
    public static func begun(_ arguments: ParsedArguments, now epochMicroseconds: Int64) throws -> [CalendarDate] {
        let dates = try dates(arguments)
        guard !dates.isEmpty else {
            throw arguments.error("which day? Give --date YYYY-MM-DD, or --start-date and --end-date")
        }
        if let future = dates.first(where: { $0.startMicroseconds > epochMicroseconds }) {
            throw arguments.error("\(future) has not begun yet (days are UTC)")
        }
        return dates
    }
}

extension ValueCheck {
    /// A date, or a range of them, as `DateRange` reads it.
    public static let dateRange = ValueCheck { text in
        DateRange(text) == nil ? "is not a date like 2023-05-23, or a range like 2023-05-01..2023-05-07" : nil
    }
}
