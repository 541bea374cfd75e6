public enum Glob {
    /// What a star stands for.
    public enum Style: Sendable {
        /// `*` is any text.
        case text
        /// Cloud Storage's matchGlob: `*` and `?` stop at `/`, `**` does not; `[a-z]`, `[!a]` and `{x,y}` work.
        case objectNames
    }

    /// Whether the whole text fits the pattern.
    public static func matches(_ text: String, pattern: String, style: Style) -> Bool {
        let alternatives =
            style == .objectNames ? expandBraces(Array(pattern.unicodeScalars)) : [Array(pattern.unicodeScalars)]
        let scalars = Array(text.unicodeScalars)
        return alternatives.contains { matches(scalars[...], $0[...], style) }
    }

    private static func matches(
        _ text: ArraySlice<Unicode.Scalar>,
        _ pattern: ArraySlice<Unicode.Scalar>,
        _ style: Style
    )
        -> Bool
    {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*":
            let crosses = style == .text || rest.first == "*"
            let tail = rest.drop { $0 == "*" }
            var candidate = text
            while true {
                if matches(candidate, tail, style) { return true }
                guard let next = candidate.popFirst(), crosses || next != "/" else { return false }
            }
        case "?":
            guard let next = text.first, style == .text || next != "/" else { return false }
            return matches(text.dropFirst(), rest, style)
        case "[" where style == .objectNames:
            guard let next = text.first, next != "/", let end = rest.dropFirst().firstIndex(of: "]") else {
                return false
            }
            return classContains(rest[rest.startIndex..<end], next)
                && matches(text.dropFirst(), pattern[(end + 1)...], style)
        default:
            return text.first == first && matches(text.dropFirst(), rest, style)
        }
    }

    private static func classContains(_ members: ArraySlice<Unicode.Scalar>, _ scalar: Unicode.Scalar) -> Bool {
        let negated = members.first == "!" || members.first == "^"
        var rest = negated ? members.dropFirst() : members
        var found = false
        while let low = rest.popFirst() {
            if rest.first == "-", let high = rest.dropFirst().first {
                rest = rest.dropFirst(2)
                found = found || (low.value <= scalar.value && scalar.value <= high.value)
            } else {
                found = found || low == scalar
            }
        }
        return found != negated
    }

    /// `a{b,c}d` as `abd` and `acd`; braces do not nest.
    private static func expandBraces(_ pattern: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
            return [pattern]
        }
        let tails = expandBraces(Array(pattern[(close + 1)...]))
        return pattern[(open + 1)..<close].split(separator: ",", omittingEmptySubsequences: false).flatMap { choice in
            tails.map { Array(pattern[..<open]) + choice + $0 }
        }
    }
}
