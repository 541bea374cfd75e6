import Console
import Text

/// What is to be there in the end for one date, and which shard downloads what. Made once, read by every VM.
public struct Plan: Sendable, Equatable {
    public static let schema: Int64 = 1

    public private(set) var date: CalendarDate
    /// The same for plans of other dates that are alike otherwise.
    public let id: PlanID
    /// The instruments in their order, which decides their shards.
    public let instruments: [Instrument]
    /// How many shards there are, at least 1.
    public let shards: Int
    /// The version of the kit that made it.
    public let kitVersion: String
    /// When it was made, in microseconds since 1970.
    public private(set) var created: Int64

    /// A plan; fewer than one shard counts as one.
    public init(
        date: CalendarDate,
        instruments: [Instrument],
        shards: Int,
        created: Int64,
        kitVersion: String = BuildInfo.version
    ) {
        self.date = date
        self.instruments = instruments
        self.shards = max(1, shards)
        id = PlanID(instruments, shards: self.shards)
        self.created = created
        self.kitVersion = kitVersion
    }

    /// The same plan for another date; `created` in microseconds since 1970.
    public func on(_ date: CalendarDate, created: Int64) -> Plan {
        var plan = self
        plan.date = date
        plan.created = created
        return plan
    }

    /// The instruments of one shard (0 ..< `shards`), in the plan's order.
    public func instruments(ofShard shard: Int) -> [Instrument] {
        guard (0..<shards).contains(shard) else { return [] }
        return stride(from: shard, to: instruments.count, by: shards).map { instruments[$0] }
    }

    /// All data objects, by instrument and then type.
    public var objects: [DataObject] { instruments.flatMap(objects) }

    /// The data objects of one shard.
    public func objects(ofShard shard: Int) -> [DataObject] { instruments(ofShard: shard).flatMap(objects) }

    /// The data objects of each shard.
    public var objectsByShard: [[DataObject]] { (0..<shards).map(objects(ofShard:)) }

    /// The data objects of one instrument.
    public func objects(of instrument: Instrument) -> [DataObject] {
        instrument.dataTypes.map {
            DataObject(
                date: date,
                dataType: $0,
                venue: instrument.venue,
                symbol: instrument.symbol,
                kind: instrument.kind
            )
        }
    }
}

extension Plan {
    /// The document, the same bytes for the same plan.
    public func encoded() -> [UInt8] {
        let list = instruments.enumerated().map { index, instrument -> JSONValue in
            [
                "venue": .string(instrument.venue.rawValue),
                "symbol": .string(instrument.symbol),
                "kind": .string(instrument.kind.rawValue),
                "data_types": .array(instrument.dataTypes.map { .string($0.rawValue) }),
                "shard": .int(Int64(shard(ofInstrumentAt: index, shards: shards))),
            ]
        }
        let document: JSONValue = [
            "schema": .int(Self.schema),
            "date": .string(date.description),
            "shards": .int(Int64(shards)),
            "kit_version": .string(kitVersion),
            "created": .string(CivilTime.rfc3339(epochMicroseconds: created)),
            "created_us": .int(created),
            "instruments": .array(list),
        ]
        return document.bytes(.pretty) + [0x0A]
    }

    /// Reads the document. Throws `DocumentError`.
    public init(decoding bytes: [UInt8]) throws {
        let reader = try DocumentReader(bytes, document: "the plan", schema: Self.schema)
        let shards = Int(try reader.int("shards", RecordBounds.shards))
        guard shards >= 1 else { throw reader.error("shards") }
        let instruments = try reader.array("instruments").enumerated().map { index, entry in
            // A shard that is not what the number of shards gives means that somebody edited one of them.
            guard try entry.int("shard", RecordBounds.shards) == shard(ofInstrumentAt: index, shards: shards) else {
                throw entry.error("shard")
            }
            return Instrument(
                venue: try entry.parsed("venue", Venue.init(rawValue:)),
                symbol: try entry.parsed("symbol") { Instrument.isSymbol($0) ? $0 : nil },
                kind: try entry.parsed("kind", InstrumentKind.init(rawValue:)),
                dataTypes: try entry.strings("data_types").map { text in
                    guard let type = DataType(rawValue: text) else { throw entry.error("data_types") }
                    return type
                }
            )
        }
        // Repeated ones would be counted more than once.
        guard instruments.count <= RecordBounds.instruments,
            Set(instruments.flatMap(\.files)).count == instruments.reduce(0, { $0 + $1.dataTypes.count })
        else { throw reader.error("instruments") }
        self.init(
            date: try reader.parsed("date") { CalendarDate($0) },
            instruments: instruments,
            shards: shards,
            created: try reader.int("created_us", RecordBounds.time),
            kitVersion: try reader.string("kit_version")
        )
    }
}
