/// One reason for which shards fail, and which of them do.
public struct FailureReport: Sendable, Equatable {
    /// The phase in which they are.
    public let phase: MonitorPhase
    /// One sentence.
    public let reason: String
    /// The VMs or processes, or `shard N` where there is none.
    public internal(set) var names: [String]
    /// Files that failed in them.
    public internal(set) var files: Int

    /// The failures among shards, the most frequent reason first.
    static func of(_ rows: [ShardAssembly.Row], _ shards: [ShardReport]) -> [FailureReport] {
        var found: [FailureReport] = []
        for (row, shard) in zip(rows, shards) {
            guard let reason = reason(row, shard) else { continue }
            let name = shard.vm ?? "shard \(shard.shard)"
            if let place = found.firstIndex(where: { $0.phase == shard.phase && $0.reason == reason }) {
                found[place].names.append(name)
                found[place].files += shard.failed
            } else {
                found.append(FailureReport(phase: shard.phase, reason: reason, names: [name], files: shard.failed))
            }
        }
        // A stable order for reasons of the same weight: that of the shards.
        return found.enumerated().sorted { ($1.element.names.count, $0.offset) < ($0.element.names.count, $1.offset) }
            .map(\.element)
    }

    private static func reason(_ row: ShardAssembly.Row, _ shard: ShardReport) -> String? {
        switch shard.phase {
        case .failed, .partial, .locked, .lost: shard.reason ?? "no reason was given"
        case .preempted, .stopped:
            shard.reason ?? "ended \(shard.phase == .stopped ? "by a person" : "by the platform")"
        case .starting, .running, .uploading:
            shard.failed > 0 ? row.day.heartbeat?.reason ?? "no reason was given" : nil
        case .planned, .done, .empty: nil
        }
    }
}
