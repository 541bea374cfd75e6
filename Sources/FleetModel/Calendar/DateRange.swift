/// Days from a first to a last one, both included.
public struct DateRange: Sendable, Hashable {
    public let first: CalendarDate
    /// The last day, the same or later.
    public let last: CalendarDate

    /// The range; nil when the last day is before the first.
    public init?(_ first: CalendarDate, through last: CalendarDate) {
        guard first <= last else { return nil }
        self.first = first
        self.last = last
    }

    /// Reads "YYYY-MM-DD" or "YYYY-MM-DD..YYYY-MM-DD"; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "..", omittingEmptySubsequences: false).map { CalendarDate(String($0)) }
        guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1] else { return nil }
        self.init(first, through: last)
    }
}

extension DateRange: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }
    public var endIndex: Int { first.days(until: last) + 1 }
    /// The day that many days after the first.
    public subscript(position: Int) -> CalendarDate { first.adding(days: position) }
}

extension DateRange: CustomStringConvertible {
    /// As the initialiser reads it.
    public var description: String { first == last ? "\(first)" : "\(first)..\(last)" }
}
