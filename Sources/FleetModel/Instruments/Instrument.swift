/// A market as the data's folders name it.
public enum Venue: String, Sendable, CaseIterable, Hashable {
    /// Binance's spot market.
    case binanceSpot = "binance-spot"
    /// Binance's USDT-margined futures.
    case binanceFutures = "binance-futures"

    /// Tardis's id of the exchange.
    public var tardisExchange: String {
        switch self {
        case .binanceSpot: "binance"
        case .binanceFutures: "binance-futures"
        }
    }
}

/// What is traded.
public enum InstrumentKind: String, Sendable, CaseIterable, Hashable {
    /// The thing itself.
    case spot
    /// A future without an end.
    case perpetual

    /// The data types that are downloaded unless others are asked for.
    public var dataTypes: [DataType] {
        switch self {
        case .spot: [.trades, .bookSnapshot5, .quotes]
        case .perpetual: [.trades, .bookSnapshot5, .quotes, .derivativeTicker, .liquidations]
        }
    }

    /// All data types that Tardis has for the kind.
    public var availableDataTypes: [DataType] {
        let common: [DataType] = [.trades, .bookSnapshot5, .quotes, .incrementalBookL2, .bookSnapshot25, .bookTicker]
        return self == .spot ? common : common + [.derivativeTicker, .liquidations]
    }
}

/// One thing traded at one venue, with the data types wanted of it.
public struct Instrument: Sendable, Hashable {
    /// Where it is traded.
    public var venue: Venue
    /// The venue's name of it, as Tardis writes it: `BTCUSDT`.
    public var symbol: String
    /// What it is.
    public var kind: InstrumentKind
    /// What is wanted, without repetition.
    public var dataTypes: [DataType]

    /// An instrument with the data types of its kind unless others are given.
    public init(venue: Venue, symbol: String, kind: InstrumentKind, dataTypes: [DataType]? = nil) {
        self.venue = venue
        self.symbol = symbol
        self.kind = kind
        self.dataTypes = dataTypes ?? kind.dataTypes
    }
}

extension Instrument: CustomStringConvertible {
    /// `binance-spot/BTCUSDT`.
    public var description: String { "\(venue.rawValue)/\(symbol)" }
}

/// The shard (0 ..< `shards`) that the instrument at `index` of a plan belongs to: round-robin.
public func shard(ofInstrumentAt index: Int, shards: Int) -> Int {
    index % shards
}
