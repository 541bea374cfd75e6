/// One entry of what a Tardis key may fetch (`GET /api-key-info`).
public struct KeyAccess: Sendable, Equatable {
    public let exchange: String
    /// The subscription: `academic`, `solo`, `pro`, `business` …
    public let accessType: String
    /// The first day, `YYYY-MM-DD`.
    public let from: String
    /// The end, `YYYY-MM-DD`: this day is not covered any more.
    public let to: String
    /// The symbols; empty for all.
    public let symbols: [String]
    /// The kind of data: `perpetuals`, `derivatives`, `spot`, `all` …
    public let dataPlan: String

    public init(
        exchange: String,
        accessType: String,
        from: String,
        to: String,
        symbols: [String] = [],
        dataPlan: String = "all"
    ) {
        self.exchange = exchange
        self.accessType = accessType
        self.from = from
        self.to = to
        self.symbols = symbols
        self.dataPlan = dataPlan
    }

    /// Whether it covers the exchange and day (`YYYY-MM-DD`), and the symbol and kind of instrument where they are named. A
    /// plan of a name that is not known is taken to cover every kind.
    public func covers(exchange: String, date: String, symbol: String? = nil, kind: String? = nil) -> Bool {
        guard exchange == self.exchange, from <= date, date < to else { return false }
        if let kind, let kinds = Self.kinds[dataPlan.lowercased()], !kinds.contains(kind) { return false }
        guard let symbol, !symbols.isEmpty else { return true }
        return symbols.contains { $0.caseInsensitiveEquals(symbol) }
    }
}

extension KeyAccess {
    /// The kinds of instruments, as the catalogue names them, that each plan covers.
    private static let kinds: [String: Set<String>] = [
        "spot": ["spot"], "perpetuals": ["perpetual"], "options": ["option"],
        "derivatives": ["perpetual", "future", "option", "combo"],
    ]
}

/// What a Tardis key may fetch, and from where.
public struct KeyInfo: Sendable, Equatable {
    public let accesses: [KeyAccess]

    public init(_ accesses: [KeyAccess]) {
        self.accesses = accesses
    }

    /// The subscription's name, with commas where entries differ: `academic`.
    public var plan: String {
        Set(accesses.map(\.accessType)).sorted().joined(separator: ", ")
    }

    /// Whether the key may be used from several addresses at once: Business subscriptions alone may. Unless all entries say
    /// so it may not; a lock of the key costs more than shared egress.
    public var allowsSeveralAddresses: Bool {
        !accesses.isEmpty && accesses.allSatisfy { $0.accessType.lowercased().hasPrefix("business") }
    }

    /// Whether the key gives the exchange's files of the day (`YYYY-MM-DD`), and of the symbol where one is named. First days
    /// of a month are free to everyone and not asked about here.
    public func covers(exchange: String, date: String, symbol: String? = nil, kind: String? = nil) -> Bool {
        accesses.contains { $0.covers(exchange: exchange, date: date, symbol: symbol, kind: kind) }
    }
}

extension TardisClient {
    /// What the client's key may fetch. Throws `TardisError`: `unauthorized` without a key, and for one that is wrong or has
    /// expired.
    public func keyInfo() async throws -> KeyInfo {
        try await KeyInfo(
            document("api-key-info", key: options.key, described: "the list of what a key may fetch", as: [Entry].self)
                .map(\.access)
        )
    }
}

/// An entry as it is sent.
private struct Entry: Decodable {
    let exchange: String
    let accessType: String?
    let from: String?
    let to: String?
    let symbols: [String]?
    let dataPlan: String?

    var access: KeyAccess {
        KeyAccess(
            exchange: exchange,
            accessType: accessType ?? "",
            from: String((from ?? "").prefix(10)),
            // Without an end it has none.
            to: String((to ?? "9999-12-31").prefix(10)),
            symbols: symbols ?? [],
            dataPlan: dataPlan ?? ""
        )
    }
}

extension String {
    fileprivate func caseInsensitiveEquals(_ other: String) -> Bool { lowercased() == other.lowercased() }
}
