/// Tardis's kinds of data sets; the raw value is Tardis's id.
public enum DataType: String, Sendable, CaseIterable, Hashable {
    case trades
    /// Each change of the order book.
    case incrementalBookL2 = "incremental_book_L2"
    /// The best bid and ask, rebuilt from the order book.
    case quotes
    /// Funding, open interest and prices of a derivative.
    case derivativeTicker = "derivative_ticker"
    /// Prices and greeks of a venue's options.
    case optionsChain = "options_chain"
    /// The best 25 levels of both sides.
    case bookSnapshot25 = "book_snapshot_25"
    /// The best 5 levels of both sides.
    case bookSnapshot5 = "book_snapshot_5"
    case liquidations
    /// The venue's own stream of the best bid and ask.
    case bookTicker = "book_ticker"
}
