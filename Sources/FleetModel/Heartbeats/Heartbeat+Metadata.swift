extension Heartbeat {
    /// The heartbeat as custom metadata of its own object, so that one listing shows a whole fleet: with the first current object and
    /// the first error only, that one cut short, and with the names of absent files as far as there is room for all of them.
    public var metadata: [String: String] {
        var values = [
            "tick-schema": "\(Self.schema)",
            "tick-shard": "\(shard)",
            "tick-shards": "\(shards)",
            "tick-attempt": "\(attempt)",
            "tick-state": phase.rawValue,
            "tick-started": "\(started)",
            "tick-updated": "\(updated)",
        ]
        for figure in Figures.all { values[Self.key(figure)] = "\(figure.get(figures))" }
        if let object = current.first { values["tick-current"] = Self.clipped(object, to: 1_024) }
        if let error = errors.first {
            values["tick-error-object"] = Self.clipped(error.object, to: 1_024)
            values["tick-error"] = Self.clipped(error.reason, to: Self.errorLimit)
        }
        let names = absences.map(\.object)
        let list = names.joined(separator: " ")
        if !list.isEmpty, list.utf8.count <= Self.absencesLimit, !names.contains(where: { $0.contains(" ") }) {
            values["tick-absences"] = list
        }
        if let process {
            values["tick-process"] = "\(process.id) \(process.began) \(Self.clipped(process.host, to: 253))"
        }
        return values
    }

    /// Reads a listed heartbeat, whose name says date, VM, plan and shard. `updated` is the store's time where that is told. Throws
    /// `DocumentError` when it is none of this schema, or what it says cannot be; nil when the object is not named as one.
    public init?(_ listed: ListedObject) throws(DocumentError) {
        guard case .heartbeat(let date, let vm, let plan, let shard) = ObjectLayout.parse(listed.name) else {
            return nil
        }
        let reader = MetadataReader(document: "the heartbeat \(listed.name)", values: listed.metadata)
        let schema = try reader.int("tick-schema", RecordBounds.count)
        guard schema == Self.schema else {
            throw reader.error(
                "it has schema \(schema), and this version \(BuildInfo.version) knows schema \(Self.schema)"
            )
        }
        guard try reader.int("tick-shard", RecordBounds.shards) == shard else {
            throw reader.error("it tells of another shard than its name")
        }
        self.init(
            date: date,
            plan: plan,
            vm: vm,
            shard: shard,
            shards: Int(try reader.int("tick-shards", RecordBounds.shards)),
            attempt: Int(try reader.int("tick-attempt", RecordBounds.count)),
            phase: try reader.parsed("tick-state", ShardPhase.init(said:)),
            process: reader.values["tick-process"] == nil
                ? nil : try reader.parsed("tick-process", Process.init(text:)),
            now: try reader.int("tick-started", RecordBounds.time)
        )
        for figure in Figures.all { figure.set(&figures, try reader.int(Self.key(figure), figure.bounds)) }
        current = listed.metadata["tick-current"].map { [$0] } ?? []
        if let reason = listed.metadata["tick-error"], let object = listed.metadata["tick-error-object"] {
            note(error: Note(object: object, reason: reason))
        }
        absences =
            listed.metadata["tick-absences"]?.split(separator: " ").map { Absence(object: String($0), proof: nil) }
            ?? []
        guard absences.count <= figures.absent else { throw reader.error("it names more absences than it counts") }
        let told = try reader.int("tick-updated", RecordBounds.time)
        updated = listed.written ?? told
    }

    /// Bytes kept in metadata, of which an object may have 8 KiB in all.
    private static let errorLimit = 300
    private static let absencesLimit = 3_500

    private static func key(_ figure: Figures.Field) -> String {
        "tick-" + figure.name.replacing("_", with: "-")
    }

    /// As much of a text as fits into so many bytes, counted in these as one character may have thousands.
    private static func clipped(_ text: String, to most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var bytes = Array(text.utf8.prefix(most + 1))
        // Not within a scalar.
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Heartbeat.Process {
    fileprivate init?(text: String) {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let id = RecordBounds.amount.containing(Int64(words[0])),
            let began = RecordBounds.amount.containing(Int64(words[1]))
        else { return nil }
        self.init(host: String(words[2]), id: id, began: began)
    }
}

/// Takes typed values out of custom metadata, naming the one that is not as it should be.
private struct MetadataReader {
    let document: String
    let values: [String: String]

    func int(_ key: String, _ bounds: ClosedRange<Int64>) throws(DocumentError) -> Int64 {
        guard let number = bounds.containing(values[key].flatMap { Int64($0) }) else { throw wrong(key) }
        return number
    }

    func parsed<T>(_ key: String, _ make: (String) -> T?) throws(DocumentError) -> T {
        guard let value = values[key].flatMap(make) else { throw wrong(key) }
        return value
    }

    func error(_ reason: String) -> DocumentError { DocumentError(document: document, reason: reason) }

    private func wrong(_ key: String) -> DocumentError {
        guard let value = values[key] else { return error("its metadata has no \(key)") }
        return error("its metadata has the \(key) \(value.prefix(40))")
    }
}
