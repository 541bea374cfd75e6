/// A test of an option's text, made before the tool starts, whichever source the text comes from.
public struct ValueCheck: Sendable {
    /// What is wrong with the text ("is not a whole number"), nil when nothing is.
    public let complaint: @Sendable (String) -> String?
    /// What it allows, for help ("1 to 19"); nil where the help says it in words.
    let allowed: String?

    /// A check from its rule; the complaint continues the sentence "--name VALUE …".
    public init(allowed: String? = nil, _ complaint: @escaping @Sendable (String) -> String?) {
        self.complaint = complaint
        self.allowed = allowed
    }

    /// A whole number within `range`.
    public static func integer(_ range: ClosedRange<Int>) -> ValueCheck {
        let isOpen = range.upperBound == Int.max
        return ValueCheck(allowed: isOpen ? nil : "\(range.lowerBound) to \(range.upperBound)") { text in
            guard let value = Int(text) else { return "is not a whole number" }
            if range.contains(value) { return nil }
            if isOpen { return "must be at least \(range.lowerBound)" }
            return "must be between \(range.lowerBound) and \(range.upperBound)"
        }
    }
}
