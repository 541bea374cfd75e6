/// A market as the data's folders name it.
public enum Venue: String, Sendable, CaseIterable, Hashable {
    case binanceSpot = "binance-spot"
    case binanceFutures = "binance-futures"

    public var tardisExchange: String {
        switch self {
        case .binanceSpot: "binance"
        case .binanceFutures: "binance-futures"
        }
    }
}

public enum InstrumentKind: String, Sendable, CaseIterable, Hashable {
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
    public var venue: Venue
    /// The venue's name of it, as Tardis writes it: `BTCUSDT`.
    public var symbol: String
    public var kind: InstrumentKind
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
