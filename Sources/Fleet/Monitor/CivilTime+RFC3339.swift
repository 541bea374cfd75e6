import Common
import Console

extension CivilTime {
    /// Microseconds since 1970 of an RFC 3339 time with any offset and any number of decimals; nil for anything else.
    static func epochMicroseconds(rfc3339 text: String) -> Int64? {
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count == 2, let day = CalendarDate(String(halves[0])) else { return nil }
        let clock = halves[1].prefix { $0.isNumber || $0 == ":" || $0 == "." }
        guard let offset = offset(halves[1].dropFirst(clock.count)) else { return nil }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hours = Int64(parts[0]), let minutes = Int64(parts[1]) else { return nil }
        let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(seconds.count), let whole = Int64(seconds[0]) else { return nil }
        let decimals = (seconds.count == 2 ? seconds[1] : "") + "000000"
        guard let fraction = Int64(decimals.prefix(6)) else { return nil }
        return day.startMicroseconds + ((hours * 60 + minutes - offset) * 60 + whole) * 1_000_000 + fraction
    }

    /// Minutes east of Greenwich: `Z`, `+09:00`, `-07:00`.
    private static func offset(_ text: Substring) -> Int64? {
        if text == "Z" || text == "z" { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hours = Int64(parts[0]), let minutes = Int64(parts[1]) else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 60 + minutes)
    }
}
