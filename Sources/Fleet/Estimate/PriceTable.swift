import FleetModel
import Common
import Console

/// List prices, read from a dated file: `as_of,region,item,unit,usd,note`. Lines whose region is `*` hold where a region has no
/// line of its own.
struct PriceTable: Sendable, Equatable {
    struct Price: Sendable, Equatable {
        /// The day on which it held.
        let asOf: CalendarDate
        /// What it is for one of: `hour`, `GB-month`.
        let unit: String
        /// US dollars.
        let usd: Double
        let note: String
    }

    private struct Key: Hashable {
        let region: String
        let item: String
    }

    private let prices: [Key: Price]
    /// What people know the table by: its file's name.
    let name: String

    static let header = "as_of,region,item,unit,usd,note"

    /// Reads the file's text; `name` is what errors call it. Empty lines and such that begin with `#` are passed over; commas in
    /// the note belong to it. Throws `UsageError` that names the line.
    init(_ text: String, name: String) throws(UsageError) {
        var prices: [Key: Price] = [:]
        var hasHeader = false
        // "\r\n" is one character.
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = String(raw)
            if line.isEmpty || line.hasPrefix("#") { continue }
            func wrong(_ what: String) -> UsageError { UsageError("\(name), line \(index + 1): \(what)") }
            guard hasHeader else {
                guard line == Self.header else { throw wrong("the first line must be \(Self.header)") }
                hasHeader = true
                continue
            }
            let cells = line.split(separator: ",", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 6 else { throw wrong("\(cells.count) columns instead of 6") }
            guard let day = CalendarDate(cells[0]) else { throw wrong("\"\(cells[0])\" is no date like 2025-03-06") }
            guard !cells[1].isEmpty, !cells[2].isEmpty, !cells[3].isEmpty else {
                throw wrong("region, item or unit is empty")
            }
            guard let usd = Double(cells[4]), usd.isFinite, usd >= 0 else {
                throw wrong("\"\(cells[4])\" is no price in US dollars")
            }
            let key = Key(region: cells[1], item: cells[2])
            guard prices[key] == nil else { throw wrong("\(cells[2]) in \(cells[1]) has a price already") }
            prices[key] = Price(asOf: day, unit: cells[3], usd: usd, note: cells[5])
        }
        guard hasHeader else { throw UsageError("\(name) is empty; its first line must be \(Self.header)") }
        self.prices = prices
        self.name = name
    }

    /// The price of an item in a region, or the one that holds everywhere; nil when the table has none.
    func price(_ item: String, region: String) -> Price? {
        prices[Key(region: region, item: item)] ?? prices[Key(region: "*", item: item)]
    }
}
