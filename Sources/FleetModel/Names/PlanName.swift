/// A plan's name within the records of a date: `plan.json`, the date's first plan, or `plan.ID.json`, where another one came first.
public struct PlanName: Sendable, Hashable, CustomStringConvertible {
    /// The plan that the name stands for; nil for the date's first one, which may be any.
    public let id: PlanID?

    public static let standard = PlanName(id: nil)

    public init(id: PlanID?) {
        self.id = id
    }

    /// Reads a name; nil when it is no plan's.
    public init?(_ text: String) {
        guard text != Self.standard.description else {
            self = .standard
            return
        }
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "plan", words[2] == "json", let id = PlanID(String(words[1])) else {
            return nil
        }
        self.id = id
    }

    public var description: String { id.map { "plan.\($0).json" } ?? "plan.json" }

    /// The name of the date's object.
    public func object(_ date: CalendarDate) -> String { ObjectLayout.runPrefix(date) + description }
}
