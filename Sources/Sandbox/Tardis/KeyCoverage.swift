/// A part of what a Tardis key opens.
public struct KeyCoverage: Sendable, Equatable {
    public var exchange: String
    /// The first day; nil for Tardis's first.
    public var from: TickDay?
    /// The first day that is not covered any more; nil for those to come, too.
    public var to: TickDay?

    /// All days of an exchange unless told otherwise.
    public init(exchange: String, from: TickDay? = nil, to: TickDay? = nil) {
        (self.exchange, self.from, self.to) = (exchange, from, to)
    }

    /// Reads `EXCHANGE` or `EXCHANGE=FROM..TO`, in which either day may be left out; nil when it is neither.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let exchange = parts.first, !exchange.isEmpty else { return nil }
        self.init(exchange: exchange)
        guard parts.count == 2 else { return }
        let ends = parts[1].split(separator: "..", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        (from, to) = (TickDay(ends[0]), TickDay(ends[1]))
        guard from != nil || ends[0].isEmpty, to != nil || ends[1].isEmpty else { return nil }
    }

    func opens(_ exchange: String, _ day: TickDay) -> Bool {
        exchange == self.exchange && (from.map { $0 <= day } ?? true) && (to.map { day < $0 } ?? true)
    }
}
