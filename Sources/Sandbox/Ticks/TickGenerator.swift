/// Writes deterministic, lifelike tick files in Tardis's CSV layouts: the same request gives the same bytes everywhere.
public struct TickGenerator: Sendable {
    /// The nine kinds of file that Tardis has.
    public enum DataType: String, Sendable, CaseIterable {
        case trades
        case incrementalBook = "incremental_book_L2"
        case quotes
        case bookTicker = "book_ticker"
        case bookSnapshot5 = "book_snapshot_5"
        case bookSnapshot25 = "book_snapshot_25"
        case derivativeTicker = "derivative_ticker"
        case optionsChain = "options_chain"
        case liquidations

        /// The first line of such a file, without line end.
        public var header: String {
            let common = "exchange,symbol,timestamp,local_timestamp,"
            return switch self {
            case .trades, .liquidations: common + "id,side,price,amount"
            case .incrementalBook: common + "is_snapshot,side,price,amount"
            case .quotes, .bookTicker: common + "ask_amount,ask_price,bid_price,bid_amount"
            case .bookSnapshot5: common + Self.levels(5)
            case .bookSnapshot25: common + Self.levels(25)
            case .derivativeTicker:
                common
                    + "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price"
            case .optionsChain:
                common + "type,strike_price,expiration,open_interest,last_price,bid_price,bid_amount,bid_iv,"
                    + "ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,"
                    + "delta,gamma,vega,theta,rho"
            }
        }

        /// About how long a row is, to turn sizes into row counts.
        var bytesPerRow: Int {
            switch self {
            case .trades: 80
            case .liquidations: 74
            case .incrementalBook: 76
            case .quotes, .bookTicker: 86
            case .bookSnapshot5: 200
            case .bookSnapshot25: 770
            case .derivativeTicker: 140
            case .optionsChain: 225
            }
        }

        private static func levels(_ count: Int) -> String {
            (0..<count).map { "asks[\($0)].price,asks[\($0)].amount,bids[\($0)].price,bids[\($0)].amount" }
                .joined(separator: ",")
        }
    }

    /// How much a file holds.
    public enum Size: Sendable, Equatable {
        case rows(Int)
        /// About so many bytes of CSV text.
        case csvBytes(Int)
    }

    public let exchange: String
    public let dataType: DataType
    /// The day on which all `local_timestamp`s lie.
    public let day: TickDay
    public let symbol: String
    public let size: Size

    public init(exchange: String, dataType: DataType, day: TickDay, symbol: String, size: Size) {
        self.exchange = exchange
        self.dataType = dataType
        self.day = day
        self.symbol = symbol
        self.size = size
    }

    /// Number of rows that `size` comes to.
    public var rows: Int {
        switch size {
        case .rows(let count): count
        case .csvBytes(let bytes): max(1, bytes / dataType.bytesPerRow)
        }
    }

    /// Hands the CSV text, header first, to the closure in pieces of about 256 KiB.
    public func write(to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        let market = Market(exchange: exchange, symbol: symbol, day: day, type: dataType, rows: rows)
        switch dataType {
        case .trades: try write(TradesModel(market), to: sink)
        case .liquidations: try write(LiquidationsModel(market), to: sink)
        case .incrementalBook: try write(BookUpdatesModel(market), to: sink)
        case .quotes, .bookTicker: try write(QuotesModel(market), to: sink)
        case .bookSnapshot5: try write(SnapshotModel(market, depth: 5), to: sink)
        case .bookSnapshot25: try write(SnapshotModel(market, depth: 25), to: sink)
        case .derivativeTicker: try write(DerivativeTickerModel(market), to: sink)
        case .optionsChain: try write(OptionsChainModel(market), to: sink)
        }
    }

    /// The whole CSV text, for small files.
    public func csv() -> [UInt8] {
        var text: [UInt8] = []
        write { text += $0 }
        return text
    }

    private func write(_ model: some TickModel, to sink: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var model = model
        let capacity = 262_144
        var writer = RowWriter(capacity: capacity)
        writer.text(Array((dataType.header + "\n").utf8))
        for _ in 0..<rows {
            model.appendRow(to: &writer)
            if writer.count >= capacity {
                try sink(writer.bytes)
                writer.reset()
            }
        }
        try sink(writer.bytes)
    }
}

/// The state of one market from row to row.
protocol TickModel {
    /// Appends the next row with its line end.
    mutating func appendRow(to writer: inout RowWriter)
}
