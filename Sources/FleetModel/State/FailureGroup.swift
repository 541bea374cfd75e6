/// One reason for which shards fail, and which of them do.
public struct FailureGroup: Sendable, Equatable {
    public let phase: ShardPhase
    public let reason: String
    /// The VMs or processes, or `shard N` where there is none.
    public private(set) var names: [String]
    public private(set) var files: Int

    static func of(_ shards: [ShardState]) -> [FailureGroup] {
        var found: [FailureGroup] = []
        for shard in shards {
            guard let reason = reason(shard) else { continue }
            let name = shard.vm ?? "shard \(shard.shard)"
            if let place = found.firstIndex(where: { $0.phase == shard.phase && $0.reason == reason }) {
                found[place].names.append(name)
                found[place].files += shard.failed
            } else {
                found.append(FailureGroup(phase: shard.phase, reason: reason, names: [name], files: shard.failed))
            }
        }
        // A stable order for reasons of the same weight: that of the shards.
        return found.enumerated().sorted { ($1.element.names.count, $0.offset) < ($0.element.names.count, $1.offset) }
            .map(\.element)
    }

    private static func reason(_ shard: ShardState) -> String? {
        switch shard.phase {
        case .failed, .partial, .locked, .lost: shard.reason ?? "no reason was given"
        case .preempted, .stopped:
            shard.reason ?? "ended \(shard.phase == .stopped ? "by a person" : "by the platform")"
        case .starting, .running, .uploading:
            shard.failed > 0 ? shard.heartbeat?.reason ?? "no reason was given" : nil
        case .planned, .done, .empty: nil
        }
    }
}
