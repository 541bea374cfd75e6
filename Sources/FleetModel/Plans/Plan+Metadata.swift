extension Plan {
    /// The plan as custom metadata of its own object, so that one listing tells what is expected; without the instruments when
    /// these are too many for it, or have symbols that cannot stand in a list.
    public var metadata: [String: String] {
        var values = [
            "tick-schema": "\(Self.schema)",
            "tick-date": date.description,
            "tick-shards": "\(shards)",
            "tick-created": "\(created)",
            "tick-kit": kitVersion,
        ]
        let text = Self.text(instruments)
        let isPlain = instruments.allSatisfy { !$0.symbol.isEmpty && $0.symbol.unicodeScalars.allSatisfy(Self.isPlain) }
        if isPlain, text.utf8.count <= Self.instrumentsLimit { values["tick-instruments"] = text }
        return values
    }

    /// The metadata of the plan's object, which say also what that holds: so they can be told from those of another document.
    public func metadata(for content: ObjectMetadata.Content) -> [String: String] {
        metadata.merging(["tick-size": "\(content.size)", "tick-crc32c": ChecksumText.encoded(content.crc32c)]) { $1 }
    }

    /// Reads what the listing tells of a plan's object; nil when it does not say all of the plan, or says it of another document
    /// than the one that is there, which is what VMs read.
    public init?(_ listed: ListedObject) {
        guard listed.metadata["tick-size"] == "\(listed.size)",
            let crc32c = listed.crc32c, listed.metadata["tick-crc32c"] == ChecksumText.encoded(crc32c)
        else { return nil }
        self.init(metadata: listed.metadata)
    }

    /// Reads what `metadata` wrote; nil when it does not say all of the plan.
    public init?(metadata: [String: String]) {
        guard metadata["tick-schema"] == "\(Self.schema)",
            let date = metadata["tick-date"].flatMap({ CalendarDate($0) }),
            let shards = RecordBounds.shards.containing(metadata["tick-shards"].flatMap { Int64($0) }), shards > 0,
            let created = RecordBounds.time.containing(metadata["tick-created"].flatMap { Int64($0) }),
            let kit = metadata["tick-kit"],
            let instruments = metadata["tick-instruments"].flatMap(Self.instruments)
        else { return nil }
        self.init(date: date, instruments: instruments, shards: Int(shards), created: created, kitVersion: kit)
    }

    /// Bytes for the instruments; an object may have 8 KiB of custom metadata in all.
    private static let instrumentsLimit = 6_000

    /// `VENUE:KIND:TYPE,TYPE:SYMBOL,SYMBOL` for each row of instruments that differ in their symbols only, with `;` between.
    private static func text(_ instruments: [Instrument]) -> String {
        var groups: [(head: String, symbols: [String])] = []
        for instrument in instruments {
            let types = instrument.dataTypes.map(\.rawValue).joined(separator: ",")
            let head = "\(instrument.venue.rawValue):\(instrument.kind.rawValue):\(types)"
            if groups.last?.head != head { groups.append((head, [])) }
            groups[groups.count - 1].symbols.append(instrument.symbol)
        }
        return groups.map { "\($0.head):\($0.symbols.joined(separator: ","))" }.joined(separator: ";")
    }

    private static func instruments(_ text: String) -> [Instrument]? {
        if text.isEmpty { return [] }
        var found: [Instrument] = []
        for group in text.split(separator: ";", omittingEmptySubsequences: false) {
            let parts = group.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, let venue = Venue(rawValue: parts[0]), let kind = InstrumentKind(rawValue: parts[1])
            else { return nil }
            let names = parts[2].split(separator: ",").map(String.init)
            let types = names.compactMap(DataType.init)
            let symbols = parts[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard types.count == names.count, symbols.allSatisfy(Instrument.isSymbol),
                found.count + symbols.count <= RecordBounds.instruments
            else { return nil }
            found += symbols.map { Instrument(venue: venue, symbol: $0, kind: kind, dataTypes: types) }
        }
        return Set(found.flatMap(\.files)).count == found.reduce(0) { $0 + $1.dataTypes.count } ? found : nil
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 32 && scalar.value != 127 && !",;:".unicodeScalars.contains(scalar)
    }
}
