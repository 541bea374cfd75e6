import Console

/// Whether a worker may take a shard, by the heartbeats of it that are there.
public enum ShardClaim: Sendable, Equatable {
    /// It may, and this is its attempt, from 1.
    case free(attempt: Int)
    /// Another one works on it: who, as a sentence.
    case held(String)

    /// - Parameters:
    ///   - heartbeat: what the worker would say first.
    ///   - others: the heartbeats of the date.
    ///   - isRunning: whether a process of this machine runs; nil for one of another machine.
    ///   - now: microseconds since 1970.
    public init(
        _ heartbeat: Heartbeat,
        among others: [Heartbeat],
        rules: LivenessRules = LivenessRules(),
        now: Int64,
        isRunning: (Heartbeat.Process) -> Bool?
    ) {
        let own = others.filter { $0.plan == heartbeat.plan && $0.shard == heartbeat.shard }
        let last = own.first { $0.vm == heartbeat.vm }
        // A VM is alone under its name, and the launch sees to it that it is so on its shard.
        let living =
            heartbeat.process == nil
            ? nil
            : own.first { other in
                guard !other.phase.isFinal, .microseconds(now - other.updated) <= rules.silence else { return false }
                return other.process.flatMap(isRunning) ?? true
            }
        guard let living else {
            self = .free(attempt: (last?.attempt ?? 0) + 1)
            return
        }
        let age = Format.duration(.microseconds(max(0, now - living.updated)))
        let place = living.process.map { " (process \($0.id) on \($0.host))" } ?? ""
        self = .held(
            "\(living.vm)\(place) works on shard \(living.shard) of \(living.date), with its last heartbeat \(age) ago: wait for it, or "
                + "give --force to download all the same"
        )
    }
}
