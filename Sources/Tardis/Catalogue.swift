/// What Tardis's archive has of one exchange (`GET /exchanges/:exchange`).
public struct ExchangeCatalogue: Sendable, Equatable {
    /// One symbol of the archive.
    public struct Symbol: Sendable, Equatable {
        public let id: String
        /// spot, future, perpetual, option, combo …
        public let type: String
        /// The data types there are files of; empty where they are not told.
        public let dataTypes: [String]
        /// The first day, `YYYY-MM-DD`; empty where it is not told.
        public let availableSince: String
        /// The last day, for a symbol that is still traded that of the newest files.
        public let availableTo: String?
    }

    public let id: String
    /// Days before this one have files, `YYYY-MM-DD`.
    public let exportedUntil: String?
    public let symbols: [String: Symbol]

    /// Whether there is a file, as far as the catalogue can tell.
    public enum Availability: Sendable, Equatable {
        /// There should be one.
        case available
        /// There is none and will be none, for this reason.
        case absent(String)
        /// The day is not exported yet; files of a day come at about 06:00 UTC on the next.
        case notYet(String)
    }

    /// Whether there is a file of this symbol, type and day (`YYYY-MM-DD`).
    public func availability(symbol: String, dataType: String, date: String) -> Availability {
        guard let entry = symbols[symbol] else {
            return .absent("Tardis's archive of \(id) has no symbol \(symbol)")
        }
        guard entry.dataTypes.isEmpty || entry.dataTypes.contains(dataType) else {
            return .absent("Tardis has no \(dataType) of \(id) \(symbol)")
        }
        guard date >= entry.availableSince else {
            return .absent("Tardis has \(id) \(symbol) only since \(entry.availableSince)")
        }
        if let exportedUntil, date >= exportedUntil {
            return .notYet(
                "\(date) of \(id) is not exported yet (files exist for the days before \(exportedUntil)); they come at about "
                    + "06:00 UTC on the next day"
            )
        }
        if let last = entry.availableTo, date > last {
            return .absent("Tardis has \(id) \(symbol) only until \(last)")
        }
        return .available
    }
}

extension TardisClient {
    /// What the archive has of an exchange. Throws `TardisError`.
    public func catalogue(exchange: String) async throws -> ExchangeCatalogue {
        let body = try await document("exchanges/\(exchange)", described: "the catalogue", as: CatalogueBody.self)
        // What is not there proves nothing: a catalogue of another exchange, or without symbols, is none.
        guard body.id == exchange, let catalogue = body.catalogue else {
            throw TardisError(
                .malformed,
                operation: "GET \(options.apiURL)/exchanges/\(exchange)",
                detail: "the answer is no catalogue of \(exchange)"
            )
        }
        return catalogue
    }
}

/// The catalogue as it is sent; `availableSymbols` beside it never tells data types and is not read.
private struct CatalogueBody: Decodable {
    struct Datasets: Decodable {
        var exportedUntil: String?
        var symbols: [Symbol]?
    }

    struct Symbol: Decodable {
        var id: String
        var type: String?
        var dataTypes: [String]?
        var availableSince: String?
        var availableTo: String?
    }

    var id: String
    var datasets: Datasets?

    var catalogue: ExchangeCatalogue? {
        let symbols = (datasets?.symbols ?? []).map {
            ExchangeCatalogue.Symbol(
                id: $0.id,
                type: $0.type ?? "",
                dataTypes: $0.dataTypes ?? [],
                availableSince: Self.day($0.availableSince) ?? "",
                availableTo: Self.day($0.availableTo)
            )
        }
        guard !symbols.isEmpty else { return nil }
        return ExchangeCatalogue(
            id: id,
            exportedUntil: Self.day(datasets?.exportedUntil),
            symbols: Dictionary(symbols.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        )
    }

    /// `YYYY-MM-DD` at the beginning of a time; nil for what has none, which then says nothing.
    private static func day(_ time: String?) -> String? {
        guard let day = time?.prefix(10), day.utf8.count == 10 else { return nil }
        let digits = day.utf8.enumerated().allSatisfy { index, byte in
            index == 4 || index == 7 ? byte == 0x2D : (0x30...0x39).contains(byte)
        }
        return digits ? String(day) : nil
    }
}
