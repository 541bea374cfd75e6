/// A UTC calendar day.
public struct TickDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int
    /// Year, month and day of month.
    public let year: Int, month: Int, day: Int

    /// A real date of the calendar, otherwise nil.
    public init?(year: Int, month: Int, day: Int) {
        guard (1970...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        let before = year - 1
        let years = before * 365 + before / 4 - before / 100 + before / 400
        number = years + lengths[..<(month - 1)].reduce(0, +) + day - 1 - 719_162
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Parses `YYYY-MM-DD`; nil when it is not exactly that.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day after so many days, or before when negative.
    public func advanced(by days: Int) -> TickDay {
        var year = 1970 + (number + days) / 366
        while let next = TickDay(year: year + 1, month: 1, day: 1), next.number <= number + days { year += 1 }
        for month in (1...12).reversed() {
            if let first = TickDay(year: year, month: month, day: 1), first.number <= number + days {
                return TickDay(year: year, month: month, day: number + days - first.number + 1) ?? self
            }
        }
        return self
    }

    /// Midnight in microseconds since 1970.
    var midnight: Int { number * 86_400_000_000 }

    /// `YYYY-MM-DD`.
    public var description: String { "\(year)-\(twoDigits(month))-\(twoDigits(day))" }

    /// The earlier day comes first.
    public static func < (left: TickDay, right: TickDay) -> Bool { left.number < right.number }
}

func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
