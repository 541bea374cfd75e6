/// What a column's cells are.
enum ColumnKind: Sendable, Equatable {
    /// Integer microseconds since 1970-01-01 UTC.
    case timestamp
    case number
    /// UTF-8 text.
    case text
    /// `true` or `false`.
    case boolean
}

/// Tardis's data types and the columns that their CSV files have.
public enum TickType: String, Sendable, CaseIterable {
    /// Trades, one per row.
    case trades
    /// Order book changes, one price level per row.
    case incrementalBookL2 = "incremental_book_L2"
    /// Best bid and ask, rebuilt from the order book.
    case quotes
    /// Funding, open interest, mark and index price.
    case derivativeTicker = "derivative_ticker"
    /// Options with prices, volatilities and greeks.
    case optionsChain = "options_chain"
    /// The best 25 levels of each side.
    case bookSnapshot25 = "book_snapshot_25"
    /// The best 5 levels of each side.
    case bookSnapshot5 = "book_snapshot_5"
    /// Liquidations, one per row.
    case liquidations
    /// Best bid and ask as the exchange sends them.
    case bookTicker = "book_ticker"

    /// The header's names, in Tardis's order.
    public var header: [String] {
        let common = ["exchange", "symbol", "timestamp", "local_timestamp"]
        switch self {
        case .trades, .liquidations: return common + ["id", "side", "price", "amount"]
        case .incrementalBookL2: return common + ["is_snapshot", "side", "price", "amount"]
        case .quotes, .bookTicker: return common + ["ask_amount", "ask_price", "bid_price", "bid_amount"]
        case .derivativeTicker:
            return common + [
                "funding_timestamp", "funding_rate", "predicted_funding_rate", "open_interest", "last_price",
                "index_price", "mark_price",
            ]
        case .optionsChain:
            return common + [
                "type", "strike_price", "expiration", "open_interest", "last_price", "bid_price", "bid_amount",
                "bid_iv",
                "ask_price", "ask_amount", "ask_iv", "mark_price", "mark_iv", "underlying_index", "underlying_price",
                "delta", "gamma", "vega", "theta", "rho",
            ]
        case .bookSnapshot5: return common + Self.levels(5)
        case .bookSnapshot25: return common + Self.levels(25)
        }
    }

    private static func levels(_ count: Int) -> [String] {
        (0..<count).flatMap { ["asks[\($0)].price", "asks[\($0)].amount", "bids[\($0)].price", "bids[\($0)].amount"] }
    }

    /// The first type whose columns are exactly these, in any order. Trades and liquidations share their columns, as do quotes
    /// and book_ticker: the name of a file tells them apart, its header does not.
    init?(header: [String]) {
        let wanted = Set(header)
        guard wanted.count == header.count, let found = Self.allCases.first(where: { Set($0.header) == wanted }) else {
            return nil
        }
        self = found
    }

    /// Whether rows begin as those of all types of Tardis do, and go on.
    static func hasStandardLead(_ header: [String]) -> Bool {
        header.count > 4 && header.starts(with: ["exchange", "symbol", "timestamp", "local_timestamp"])
    }

    /// What the cells of a column of this name are, in every type; nil for a name that Tardis does not use.
    static func kind(ofColumn name: String) -> ColumnKind? {
        switch name {
        case "timestamp", "local_timestamp", "funding_timestamp", "expiration": .timestamp
        case "exchange", "symbol", "id", "side", "type", "underlying_index": .text
        case "is_snapshot": .boolean
        default: knownColumns.contains(name) ? .number : nil
        }
    }

    /// Columns that are never empty in any file; all others may hold no value.
    static let requiredColumns: Set<String> = ["exchange", "symbol", "timestamp", "local_timestamp"]

    private static let knownColumns = Set(allCases.flatMap(\.header))
}
