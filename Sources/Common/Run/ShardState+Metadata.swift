import Transport

extension ShardState {
    /// The key figures as custom metadata of the heartbeat's object, so that one listing shows a whole fleet: all but the
    /// absences, with the first current object and the first error only, that one cut short.
    public var metadata: [String: String] {
        var values = [
            "tick-schema": "\(Self.schema)",
            "tick-vm": vm,
            "tick-shard": "\(shard)",
            "tick-shards": "\(shards)",
            "tick-attempt": "\(attempt)",
            "tick-state": phase.rawValue,
            "tick-started": "\(started)",
            "tick-updated": "\(updated)",
        ]
        for figure in Figures.all { values[Self.key(figure)] = "\(figure.get(figures))" }
        if let object = current.first { values["tick-current"] = object.clipped(toBytes: 1_024) }
        if let error = errors.first {
            values["tick-error-object"] = error.object.clipped(toBytes: 1_024)
            values["tick-error"] = error.reason.clipped(toBytes: Self.keptErrorLength)
        }
        return values
    }

    /// Reads what `metadata` wrote; nil when the object is no heartbeat of this schema.
    public init?(metadata: [String: String]) {
        func int(_ key: String, _ bounds: ClosedRange<Int64>) -> Int64? {
            bounds.containing(metadata[key].flatMap { Int64($0) })
        }
        guard metadata["tick-schema"] == "\(Self.schema)", let vm = metadata["tick-vm"],
            let shard = int("tick-shard", RecordBounds.shards), let shards = int("tick-shards", RecordBounds.shards),
            let attempt = int("tick-attempt", RecordBounds.count),
            let phase = metadata["tick-state"].flatMap(ShardPhase.init(rawValue:)),
            let started = int("tick-started", RecordBounds.time), let updated = int("tick-updated", RecordBounds.time)
        else { return nil }
        self.init(vm: vm, shard: Int(shard), shards: Int(shards), attempt: Int(attempt), phase: phase, now: started)
        for figure in Figures.all {
            guard let value = int(Self.key(figure), figure.bounds) else { return nil }
            figure.set(&figures, value)
        }
        current = metadata["tick-current"].map { [$0] } ?? []
        if let reason = metadata["tick-error"], let object = metadata["tick-error-object"] {
            note(error: Note(object: object, reason: reason))
        }
        self.updated = updated
    }

    /// Bytes of an error kept in metadata, of which an object may have 8 KiB in all.
    private static let keptErrorLength = 300

    private static func key(_ figure: Figures.Field) -> String {
        "tick-" + figure.name.replacing("_", with: "-")
    }
}
