public import Console

/// Times and sizes as people write them in settings.
public enum UnitParsing {
    /// Reads `90s`, `90m`, `4h` or `1d`; a bare number counts seconds. Nil for anything else.
    public static func duration(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let factor = text.last.flatMap { units[$0] }
        guard let number = Int(factor == nil ? text[...] : text.dropLast()), number >= 0 else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
        return overflow ? nil : .seconds(seconds)
    }

    /// Reads `100`, `100GB` or `1TB` as gigabytes; nil for anything else.
    public static func gigabytes(_ text: String) -> Int? {
        let upper = text.uppercased()
        for (unit, factor) in [("TB", 1_024), ("GB", 1), ("", 1)] where upper.hasSuffix(unit) {
            guard let number = Int(upper.dropLast(unit.count)), number > 0, number <= 1_000_000 else { return nil }
            return number * factor
        }
        return nil
    }
}

extension ValueCheck {
    /// A time as `UnitParsing.duration` reads it, within the range.
    public static func duration(_ range: ClosedRange<Duration>, _ words: String) -> ValueCheck {
        ValueCheck { text in
            guard let duration = UnitParsing.duration(text) else { return "is no time like 90m, 4h or 1d" }
            return range.contains(duration) ? nil : "is not \(words)"
        }
    }
}
