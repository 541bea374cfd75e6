/// The proleptic Gregorian calendar in UTC as arithmetic, days counted from 1970-01-01 (Howard Hinnant's
/// `days_from_civil`), so that no calendar library is needed.
public enum CivilTime {
    /// The day's number; `month` and `day` must be valid.
    public static func epochDay(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of a day's number.
    public static func civil(epochDay: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = epochDay + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    /// RFC 3339 in UTC with 0 to 6 decimals of a second: "2023-05-23T04:05:06.000007Z".
    public static func rfc3339(epochMicroseconds: Int64, decimals: Int = 6) -> String {
        let (dayNumber, inDay) = epochMicroseconds.flooredDivision(by: 86_400_000_000)
        let (year, month, day) = civil(epochDay: Int(dayNumber))
        let seconds = inDay / 1_000_000
        let time = "\(digits(seconds / 3_600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
        let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
        let fraction = decimals == 0 ? "" : ".\(digits(inDay % 1_000_000, 6).prefix(decimals))"
        return "\(date)T\(time)\(fraction)Z"
    }

    /// Microseconds since 1970 of RFC 3339 text with any offset and any number of decimals, of which six count
    /// (`2023-05-24T01:02:03.456-07:00`, or `…Z`); nil for anything else.
    public static func epochMicroseconds(rfc3339 text: String) -> Int64? {
        var reader = TimeReader(rest: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.accept("-"), let month = reader.number(2), reader.accept("-"),
            let day = reader.number(2), reader.accept("T") || reader.accept("t"),
            let hour = reader.number(2), reader.accept(":"), let minute = reader.number(2), reader.accept(":"),
            let second = reader.number(2), let fraction = reader.microseconds(), let offset = reader.offsetMinutes(),
            reader.rest.isEmpty, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        let number = epochDay(year: year, month: month, day: day)
        guard civil(epochDay: number).day == day else { return nil }
        let seconds = number * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        return Int64(seconds) * 1_000_000 + Int64(fraction)
    }

    /// A whole number of at least 0 with zeros in front.
    public static func digits(_ value: some BinaryInteger, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

private struct TimeReader {
    var rest: ArraySlice<UInt8>

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits() -> [Int] {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.map { Int($0) - 0x30 }
    }

    /// A number of exactly that many digits.
    mutating func number(_ width: Int) -> Int? {
        let digits = digits()
        return digits.count == width ? digits.reduce(0) { $0 * 10 + $1 } : nil
    }

    /// The decimals; none are zero.
    mutating func microseconds() -> Int? {
        guard accept(".") else { return 0 }
        let digits = digits()
        return digits.isEmpty ? nil : (digits + [0, 0, 0, 0, 0]).prefix(6).reduce(0) { $0 * 10 + $1 }
    }

    /// Minutes ahead of UTC.
    mutating func offsetMinutes() -> Int? {
        if accept("Z") || accept("z") { return 0 }
        let isBehind = accept("-")
        guard isBehind || accept("+"), let hours = number(2), accept(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return nil }
        return (isBehind ? -1 : 1) * (hours * 60 + minutes)
    }
}
