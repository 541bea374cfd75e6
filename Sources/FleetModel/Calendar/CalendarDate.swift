import Console
import Text

/// A day of the proleptic Gregorian calendar, in UTC.
public struct CalendarDate: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    public let epochDay: Int

    /// Microseconds a day; UTC here has no leap seconds, as in Unix time.
    public static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The day with this number since 1970-01-01.
    public init(epochDay: Int) {
        self.epochDay = epochDay
    }

    /// The day of the calendar; nil when there is none such. Years 1 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9_999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        let number = CivilTime.epochDay(year: year, month: month, day: day)
        // A day that the month does not have comes back as one of the next month.
        guard day <= 31, CivilTime.civil(epochDay: number).day == day else { return nil }
        epochDay = number
    }

    public init(epochMicroseconds: Int64) {
        let (quotient, remainder) = epochMicroseconds.quotientAndRemainder(dividingBy: Self.microsecondsPerDay)
        epochDay = Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// Reads exactly "YYYY-MM-DD"; nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
        var parts = [0, 0, 0]
        for (index, byte) in bytes.enumerated() where index != 4 && index != 7 {
            guard (0x30...0x39).contains(byte) else { return nil }
            let part = index < 4 ? 0 : index < 7 ? 1 : 2
            parts[part] = parts[part] * 10 + Int(byte - 0x30)
        }
        self.init(year: parts[0], month: parts[1], day: parts[2])
    }

    public var year: Int { CivilTime.civil(epochDay: epochDay).year }
    /// 1 to 12.
    public var month: Int { CivilTime.civil(epochDay: epochDay).month }
    /// 1 to 31.
    public var day: Int { CivilTime.civil(epochDay: epochDay).day }
    /// Whether it is the first of its month: Tardis gives those days away without a key.
    public var isFirstOfMonth: Bool { day == 1 }
    public var next: CalendarDate { adding(days: 1) }
    /// The first microsecond of the day since 1970.
    public var startMicroseconds: Int64 { Int64(epochDay) * Self.microsecondsPerDay }
    /// The first microsecond after the day.
    public var endMicroseconds: Int64 { startMicroseconds + Self.microsecondsPerDay }

    /// The day this many days later, or earlier for a negative number.
    public func adding(days: Int) -> CalendarDate { CalendarDate(epochDay: epochDay + days) }

    /// How many days later the other day is.
    public func days(until other: CalendarDate) -> Int { other.epochDay - epochDay }

    /// Earlier days come first.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool { left.epochDay < right.epochDay }
}

extension CalendarDate: CustomStringConvertible {
    public var description: String {
        let (year, month, day) = CivilTime.civil(epochDay: epochDay)
        return
            "\(CivilTime.digits(year, 4))-\(CivilTime.digits(month, 2))-\(CivilTime.digits(day, 2))"
    }
}
