import Console
import Text

extension ShardState {
    /// The document, the same bytes for the same state.
    public func encoded() -> [UInt8] {
        func notes(_ notes: [Note]) -> JSONValue {
            .array(notes.map { ["object": .string($0.object), "reason": .string($0.reason)] })
        }
        var document: JSONObject = [
            "schema": .int(Self.schema),
            "vm": .string(vm),
            "shard": .int(Int64(shard)),
            "shards": .int(Int64(shards)),
            "attempt": .int(Int64(attempt)),
            "state": .string(phase.rawValue),
        ]
        for figure in Figures.all { document[figure.name] = .int(figure.get(figures)) }
        document["current"] = .array(current.map(JSONValue.string))
        document["absences"] = notes(absences)
        document["errors"] = notes(errors)
        document["started"] = .string(CivilTime.rfc3339(epochMicroseconds: started))
        document["started_us"] = .int(started)
        document["updated"] = .string(CivilTime.rfc3339(epochMicroseconds: updated))
        document["updated_us"] = .int(updated)
        return JSONValue.object(document).bytes(.pretty) + [0x0A]
    }

    /// Reads the document. Throws `DocumentError`.
    public init(decoding bytes: [UInt8]) throws {
        let reader = try DocumentReader(bytes, document: "the heartbeat", schema: Self.schema)
        self.init(
            vm: try reader.string("vm"),
            shard: Int(try reader.int("shard", RecordBounds.shards)),
            shards: Int(try reader.int("shards", RecordBounds.shards)),
            attempt: Int(try reader.int("attempt", RecordBounds.count)),
            phase: try reader.parsed("state", ShardPhase.init(rawValue:)),
            now: try reader.int("started_us", RecordBounds.time)
        )
        for figure in Figures.all { figure.set(&figures, try reader.int(figure.name, figure.bounds)) }
        func notes(_ key: String) throws -> [Note] {
            try reader.array(key).map { Note(object: try $0.string("object"), reason: try $0.string("reason")) }
        }
        current = try reader.strings("current")
        absences = try notes("absences")
        for error in try notes("errors") { note(error: error) }
        updated = try reader.int("updated_us", RecordBounds.time)
    }
}

extension ShardState.Figures {
    /// One number by its name in documents.
    struct Field: Sendable {
        let name: String
        /// Sums over a fleet stay far from the end of the numbers.
        var bounds: ClosedRange<Int64> { name.hasPrefix("files_") ? RecordBounds.count : RecordBounds.amount }
        let get: @Sendable (ShardState.Figures) -> Int64
        let set: @Sendable (inout ShardState.Figures, Int64) -> Void
    }

    /// All numbers, for documents and metadata alike.
    static let all: [Field] = [
        Field(name: "files_total", get: { Int64($0.total) }, set: { $0.total = Int($1) }),
        Field(name: "files_done", get: { Int64($0.done) }, set: { $0.done = Int($1) }),
        Field(name: "files_skipped", get: { Int64($0.skipped) }, set: { $0.skipped = Int($1) }),
        Field(name: "files_empty", get: { Int64($0.empty) }, set: { $0.empty = Int($1) }),
        Field(name: "files_absent", get: { Int64($0.absent) }, set: { $0.absent = Int($1) }),
        Field(name: "files_failed", get: { Int64($0.failed) }, set: { $0.failed = Int($1) }),
        Field(name: "rows", get: { $0.rows }, set: { $0.rows = $1 }),
        Field(name: "bytes_in", get: { $0.bytesIn }, set: { $0.bytesIn = $1 }),
        Field(name: "bytes_out", get: { $0.bytesOut }, set: { $0.bytesOut = $1 }),
        Field(name: "bytes_per_second", get: { $0.bytesPerSecond }, set: { $0.bytesPerSecond = $1 }),
    ]
}
