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
        if let object = current.first { values["tick-current"] = object }
        if let error = errors.first {
            values["tick-error-object"] = error.object
            values["tick-error"] = String(error.reason.prefix(Self.keptErrorLength))
        }
        return values
    }

    /// Reads what `metadata` wrote; nil when the object is no heartbeat of this schema.
    public init?(metadata: [String: String]) {
        func int(_ key: String) -> Int? { metadata[key].flatMap { Int($0) } }
        guard metadata["tick-schema"] == "\(Self.schema)", let vm = metadata["tick-vm"],
            let shard = int("tick-shard"), let shards = int("tick-shards"), let attempt = int("tick-attempt"),
            let phase = metadata["tick-state"].flatMap(ShardPhase.init(rawValue:)),
            let started = int("tick-started"), let updated = int("tick-updated")
        else { return nil }
        self.init(vm: vm, shard: shard, shards: shards, attempt: attempt, phase: phase, now: Int64(started))
        for figure in Figures.all {
            guard let value = int(Self.key(figure)) else { return nil }
            figure.set(&figures, Int64(value))
        }
        current = metadata["tick-current"].map { [$0] } ?? []
        if let reason = metadata["tick-error"], let object = metadata["tick-error-object"] {
            note(error: Note(object: object, reason: reason))
        }
        self.updated = Int64(updated)
    }

    /// Characters of an error kept in metadata, of which an object may have 8 KiB in all.
    private static let keptErrorLength = 300

    private static func key(_ figure: Figures.Field) -> String {
        "tick-" + figure.name.replacing("_", with: "-")
    }
}
