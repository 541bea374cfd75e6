import Text

/// One symbol that the stand-in knows.
public struct TardisInstrument: Sendable, Equatable {
    /// Id in dataset URLs and in `datasets.symbols[]`.
    public let id: String
    public let type: String
    /// Which files there are of it.
    public let dataTypes: [TickGenerator.DataType]
    public let availableSince: TickDay
    /// First day without data again; nil for a live symbol.
    public let availableTo: TickDay?

    /// Describes a symbol; data types default to those that its type usually has.
    public init(
        id: String,
        type: String,
        dataTypes: [TickGenerator.DataType]? = nil,
        availableSince: TickDay,
        availableTo: TickDay? = nil
    ) {
        self.id = id
        self.type = type
        let common: [TickGenerator.DataType] = [
            .trades, .incrementalBook, .quotes, .bookSnapshot5, .bookSnapshot25, .bookTicker,
        ]
        let usual =
            type == "spot" ? common : type == "option" ? [.optionsChain] : common + [.derivativeTicker, .liquidations]
        self.dataTypes = dataTypes ?? usual
        self.availableSince = availableSince
        self.availableTo = availableTo
    }
}

/// What the stand-in for Tardis offers: exchange id to symbols.
public struct TardisCatalogue: Sendable, Equatable {
    public var exchanges: [String: [TardisInstrument]]
    /// The first day that is not exported yet.
    public var exportedUntil: TickDay

    public init(exchanges: [String: [TardisInstrument]], exportedUntil: TickDay) {
        self.exchanges = exchanges
        self.exportedUntil = exportedUntil
    }

    /// The symbols given by exchange id, with the types and first days usual there; deribit's options always come along.
    public init(symbols: [String: [String]], exportedUntil: TickDay) {
        exchanges = [:]
        self.exportedUntil = exportedUntil
        for (exchange, names) in symbols {
            exchanges[exchange] = names.map { name in
                TardisInstrument(
                    id: name,
                    type: Self.type(of: exchange),
                    availableSince: Self.firstDays[exchange] ?? Self.firstDay
                )
            }
        }
        exchanges["deribit", default: []].append(
            TardisInstrument(id: "OPTIONS", type: "option", availableSince: TickDay("2019-10-01") ?? Self.firstDay)
        )
    }

    /// A default set: forty spot pairs of binance and twenty perpetuals of binance-futures.
    public static func standard(exportedUntil: TickDay) -> TardisCatalogue {
        TardisCatalogue(
            symbols: [
                "binance": standardAssets.map { "\($0)USDT" },
                "binance-futures": standardAssets.prefix(20).map { "\($0)USDT" },
            ],
            exportedUntil: exportedUntil
        )
    }

    /// The symbol, if the exchange has it.
    func instrument(_ id: String, on exchange: String) -> TardisInstrument? {
        exchanges[exchange]?.first { $0.id == id }
    }

    static let firstDay = TickDay(year: 2019, month: 3, day: 30) ?? TickDay.epoch

    private static let firstDays: [String: TickDay] = [
        "binance": firstDay, "binance-futures": TickDay(year: 2019, month: 11, day: 17) ?? firstDay,
    ]

    static func type(of exchange: String) -> String {
        exchange.hasSuffix("options")
            ? "option" : exchange.contains("futures") || exchange.contains("swap") ? "perpetual" : "spot"
    }

    private static let standardAssets = [
        "BTC", "ETH", "BNB", "SOL", "XRP", "ADA", "DOGE", "AVAX", "DOT", "MATIC", "LTC", "LINK", "TRX", "ATOM", "UNI",
        "XLM", "BCH", "ETC", "FIL", "NEAR", "APT", "ARB", "OP", "INJ", "SUI", "AAVE", "ALGO", "VET", "ICP", "HBAR",
        "QNT", "EGLD", "SAND", "MANA", "AXS", "THETA", "FTM", "GRT", "SHIB", "PEPE",
    ]
}

extension TickDay {
    /// 1970-01-01.
    static let epoch = TickDay(number: 0, year: 1970, month: 1, day: 1)

    private init(number: Int, year: Int, month: Int, day: Int) {
        (self.number, self.year, self.month, self.day) = (number, year, month, day)
    }

    /// Today, UTC.
    public static func today() -> TickDay { epoch.advanced(by: Clock.microseconds() / 86_400_000_000) }

    var instant: JSONValue { .string("\(self)T00:00:00.000Z") }
}

// MARK: - Answers of the metadata API

extension TardisCatalogue {
    /// `GET /exchanges`.
    var exchangesAnswer: JSONValue {
        .array(
            exchanges.keys.sorted().map { id in
                [
                    "id": .string(id), "name": .string(id), "enabled": true, "supportsDatasets": true,
                    "availableSince": (since(id)).instant, "availableChannels": ["trade", "depth"],
                ]
            }
        )
    }

    /// `GET /exchanges/:id`.
    func exchangeAnswer(_ id: String) -> JSONValue? {
        guard let instruments = exchanges[id] else { return nil }
        let since = since(id)
        return [
            "id": .string(id), "name": .string(id), "enabled": true, "availableSince": since.instant,
            "availableChannels": ["trade", "depth"],
            // The venue's own spelling and no dataTypes: a client that reads this array instead of datasets goes wrong.
            "availableSymbols": .array(
                instruments.map { instrument in
                    [
                        "id": .string(instrument.id.lowercased()), "type": .string(instrument.type),
                        "availableSince": instrument.availableSince.instant,
                    ]
                }
            ),
            "incidentReports": [],
            "datasets": [
                "formats": ["csv"], "exportedFrom": since.instant, "exportedUntil": exportedUntil.instant,
                "symbols": .array(
                    instruments.map { instrument in
                        [
                            "id": .string(instrument.id), "type": .string(instrument.type),
                            "dataTypes": .array(instrument.dataTypes.map { .string($0.rawValue) }),
                            "availableSince": instrument.availableSince.instant,
                            "availableTo": (instrument.availableTo ?? exportedUntil).instant,
                        ]
                    }
                ),
            ],
        ]
    }

    private func since(_ id: String) -> TickDay { exchanges[id]?.map(\.availableSince).min() ?? Self.firstDay }
}
