import Console
import Text

extension Heartbeat {
    /// The document, the same bytes for the same state.
    public func encoded() -> [UInt8] {
        func notes(_ notes: [Note]) -> JSONValue {
            .array(notes.map { ["object": .string($0.object), "reason": .string($0.reason)] })
        }
        var document: JSONObject = [
            "schema": .int(Self.schema),
            "date": .string(date.description),
            "plan": .string(plan.description),
            "vm": .string(vm),
            "shard": .int(Int64(shard)),
            "shards": .int(Int64(shards)),
            "attempt": .int(Int64(attempt)),
            "state": .string(phase.rawValue),
        ]
        for figure in Figures.all { document[figure.name] = .int(figure.get(figures)) }
        document["current"] = .array(current.map(JSONValue.string))
        document["absences"] = .array(absences.map(\.json))
        document["errors"] = notes(errors)
        if let process {
            document["process"] = [
                "host": .string(process.host), "id": .int(process.id), "began": .int(process.began),
            ]
        }
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
            date: try reader.parsed("date") { CalendarDate($0) },
            plan: try reader.parsed("plan", PlanID.init),
            vm: try reader.string("vm"),
            shard: Int(try reader.int("shard", RecordBounds.shards)),
            shards: Int(try reader.int("shards", RecordBounds.shards)),
            attempt: Int(try reader.int("attempt", RecordBounds.count)),
            phase: try reader.parsed("state", ShardPhase.init(said:)),
            now: try reader.int("started_us", RecordBounds.time)
        )
        for figure in Figures.all { figure.set(&figures, try reader.int(figure.name, figure.bounds)) }
        func notes(_ key: String) throws -> [Note] {
            try reader.array(key).map { Note(object: try $0.string("object"), reason: try $0.string("reason")) }
        }
        current = try reader.strings("current")
        absences = try reader.array("absences").map(Absence.init(reading:))
        for error in try notes("errors") { note(error: error) }
        if reader.value["process"] != nil {
            let place = try reader.object("process")
            process = Process(
                host: try place.string("host"),
                id: try place.int("id", RecordBounds.amount),
                began: try place.int("began", RecordBounds.amount)
            )
        }
        updated = try reader.int("updated_us", RecordBounds.time)
    }
}

extension Heartbeat.Figures {
    /// One number by its name in documents.
    struct Field: Sendable {
        let name: String
        /// Sums over a fleet stay far from the end of the numbers.
        var bounds: ClosedRange<Int64> { name.hasPrefix("files_") ? RecordBounds.count : RecordBounds.amount }
        let get: @Sendable (Heartbeat.Figures) -> Int64
        let set: @Sendable (inout Heartbeat.Figures, Int64) -> Void
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

extension Absence {
    fileprivate var json: JSONValue {
        guard let proof else { return ["object": .string(object)] }
        return [
            "object": .string(object), "reason": .string(proof.reason), "catalogue": .string(proof.catalogue),
            "catalogue_read": .string(CivilTime.rfc3339(epochMicroseconds: proof.read)),
            "catalogue_read_us": .int(proof.read),
        ]
    }

    /// One without a proof is no record of ours.
    fileprivate init(reading reader: DocumentReader) throws {
        self.init(
            object: try reader.string("object"),
            proof: Proof(
                catalogue: try reader.string("catalogue"),
                read: try reader.int("catalogue_read_us", RecordBounds.time),
                reason: try reader.string("reason")
            )
        )
    }
}
