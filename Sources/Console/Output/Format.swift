/// Numbers as people read them: decimal units, a point before decimals, commas between thousands.
public enum Format {
    /// "1,234,567".
    public static func count(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// "512 B", "1.2 GB": decimal units, one digit after the point from kB on.
    public static func bytes(_ value: Int64) -> String {
        value.magnitude < 1_000 ? "\(value) B" : scaled(Double(value), ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    }

    /// "17.4 MB/s"; not a number or negative is "-".
    public static func rate(bytesPerSecond: Double) -> String {
        guard bytesPerSecond.isFinite, bytesPerSecond >= 0 else { return "-" }
        guard bytesPerSecond >= 1_000 else { return "\(Int(bytesPerSecond.rounded())) B/s" }
        return scaled(bytesPerSecond, ["B", "kB", "MB", "GB", "TB"]) + "/s"
    }

    /// "62ms", "0.4s", "42s", "3m 12s", "2h 05m", "1d 03h": the two largest units.
    public static func duration(_ value: Duration) -> String {
        let (whole, attoseconds) = value.components
        if whole < 0 { return "-" + duration(.zero - value) }
        if whole == 0 {
            let milliseconds = attoseconds / 1_000_000_000_000_000
            return 0 < milliseconds && milliseconds < 100
                ? "\(milliseconds)ms" : "\(fixed(Double(attoseconds) / 1e18, decimals: 1))s"
        }
        let seconds = Int(whole)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m \(two(seconds % 60))s"
        case ..<86_400: return "\(seconds / 3_600)h \(two(seconds / 60 % 60))m"
        default: return "\(seconds / 86_400)d \(two(seconds / 3_600 % 24))h"
        }
    }

    /// "41%" of a whole, rounded down so that 100% means all of it; "-" when the whole is 0.
    public static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "-" }
        return "\(Int(max(0, min(1, Double(part) / Double(whole))) * 100))%"
    }

    /// The value with exactly this many digits after the point, rounded half away from zero; at most 9 decimals.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
        let scale = (0..<decimals).reduce(Int64(1)) { scale, _ in scale * 10 }
        let units = Int64((abs(value) * Double(scale)).rounded(.toNearestOrAwayFromZero))
        let sign = value < 0 && units > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(units)" }
        let fraction = String(units % scale)
        return "\(sign)\(units / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func scaled(_ value: Double, _ units: [String]) -> String {
        var value = value
        var unit = 0
        // 999.95 would be shown as 1000.0 of the smaller unit.
        while abs(value) >= 999.95, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return "\(fixed(value, decimals: 1)) \(units[unit])"
    }
}
