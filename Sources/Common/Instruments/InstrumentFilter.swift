public import FleetModel
public import Console

/// Which part of a registry is wanted. Nothing asked for is dropped in silence.
public struct InstrumentFilter: Sendable, Equatable {
    /// Symbols in any case; empty means all.
    public var symbols: [String]
    /// Venue ids; empty means all.
    public var venues: [String]
    /// Data-type ids; empty means those of each instrument's kind.
    public var dataTypes: [String]
    /// At most this many instruments, the registry's first.
    public var maxInstruments: Int?

    /// A filter; without arguments it lets everything through.
    public init(symbols: [String] = [], venues: [String] = [], dataTypes: [String] = [], maxInstruments: Int? = nil) {
        self.symbols = symbols
        self.venues = venues
        self.dataTypes = dataTypes
        self.maxInstruments = maxInstruments
    }

    /// The filter of `SharedOptions.symbols`, `venues`, `dataTypes` and `maxInstruments`, all of which the command must have.
    public init(_ arguments: ParsedArguments) throws {
        self.init(
            symbols: arguments.all(SharedOptions.symbols.name),
            venues: arguments.all(SharedOptions.venues.name),
            dataTypes: arguments.all(SharedOptions.dataTypes.name),
            maxInstruments: try arguments.int(SharedOptions.maxInstruments.name)
        )
    }

    /// The instruments wanted, in the registry's order, each with the data types wanted of it. Throws `UsageError` for what
    /// the registry does not know, and for a symbol asked for that has none of the data types asked for.
    public func select(from registry: InstrumentRegistry) throws -> [Instrument] {
        let venues = try self.venues.map { try known($0, Venue.init, Venue.allCases.map(\.rawValue), "venue") }
        let types = try dataTypes.map { try known($0, DataType.init, DataType.allCases.map(\.rawValue), "data type") }
        var chosen = registry.instruments.filter { venues.isEmpty || venues.contains($0.venue) }
        if !symbols.isEmpty { chosen = try bySymbol(chosen, registry) }
        if !types.isEmpty { chosen = try byType(chosen, types) }
        return maxInstruments.map { Array(chosen.prefix($0)) } ?? chosen
    }

    private func bySymbol(_ candidates: [Instrument], _ registry: InstrumentRegistry) throws -> [Instrument] {
        for symbol in symbols where !candidates.contains(where: { matches($0, symbol) }) {
            if registry.instruments.contains(where: { matches($0, symbol) }) {
                throw UsageError(
                    "symbol \(symbol) is not at \(venues.joined(separator: ", ")) in the instrument registry"
                )
            }
            let near = suggestion(for: symbol, among: registry.instruments.map(\.symbol))
            throw UsageError("symbol \(symbol) is not in the instrument registry" + near)
        }
        return candidates.filter { instrument in symbols.contains { matches(instrument, $0) } }
    }

    private func byType(_ candidates: [Instrument], _ types: [DataType]) throws -> [Instrument] {
        let narrowed = candidates.map { instrument in
            var instrument = instrument
            let available = instrument.kind.availableDataTypes
            instrument.dataTypes = DataType.allCases.filter { types.contains($0) && available.contains($0) }
            return instrument
        }
        let asked = dataTypes.joined(separator: ", ")
        for symbol in symbols where !narrowed.contains(where: { matches($0, symbol) && !$0.dataTypes.isEmpty }) {
            throw UsageError("symbol \(symbol) has no \(asked): its kind of instrument does not have that")
        }
        let kept = narrowed.filter { !$0.dataTypes.isEmpty }
        if kept.isEmpty { throw UsageError("no instrument chosen has \(asked)") }
        return kept
    }

    private func matches(_ instrument: Instrument, _ symbol: String) -> Bool {
        instrument.symbol.lowercased() == symbol.lowercased()
    }

    private func known<T>(_ text: String, _ make: (String) -> T?, _ all: [String], _ what: String) throws -> T {
        if let value = make(text) { return value }
        let near = suggestion(for: text, among: all)
        throw UsageError("\(what) \(text) is not known" + (near.isEmpty ? ": \(all.joined(separator: ", "))" : near))
    }
}
