/// A plan's name within the records of a date, the same for all dates of a run: `plan.json`, the date's standard plan, or
/// `plan.RUN.json`, that of one run.
public struct PlanName: Sendable, Hashable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The date's standard plan.
    public static let standard = PlanName(trusted: "plan.json")

    /// Reads a name; nil when it is no plan's. A run's part has letters, digits and dashes only.
    public init?(_ text: String) {
        guard text != Self.standard.description else {
            self = .standard
            return
        }
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "plan", words[2] == "json", !words[1].isEmpty,
            words[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
        else { return nil }
        self.init(trusted: text)
    }

    private init(trusted: String) {
        description = trusted
    }

    /// The name of the date's object.
    public func object(_ date: CalendarDate) -> String { ObjectLayout.runPrefix(date) + description }
}
