/// Where a shard's work stands. The raw value is what documents and screens show.
public enum ShardPhase: String, Sendable, CaseIterable, Hashable {
    /// In the plan; nothing has begun.
    case planned = "PLANNED"
    /// Its worker is coming up.
    case starting = "STARTING"
    case running = "RUNNING"
    /// The last files are uploaded.
    case uploading = "UPLOADING"
    /// Waiting: the Tardis key is in use from another address.
    case locked = "LOCKED"
    /// All files are there, or the source does not have them.
    case done = "DONE"
    /// The shard has no files.
    case empty = "EMPTY"
    /// Ended; some files failed, some are there.
    case partial = "PARTIAL"
    /// Ended; no file is there, or the work could not begin.
    case failed = "FAILED"
    /// Ended by the platform.
    case preempted = "PREEMPTED"
    /// Ended by a person.
    case stopped = "STOPPED"
    /// Its worker is gone or silent without having said how it ended. No heartbeat says so of itself.
    case lost = "LOST"

    init?(said text: String) {
        guard let phase = Self(rawValue: text), phase != .lost else { return nil }
        self = phase
    }

    public var isFinal: Bool { self != .planned && !isWorking }

    /// Whether nothing is left to do.
    public var isComplete: Bool { self == .done || self == .empty }

    /// Whether it will go on by itself.
    public var isWorking: Bool {
        switch self {
        case .starting, .running, .uploading, .locked: true
        case .planned, .done, .empty, .partial, .failed, .preempted, .stopped, .lost: false
        }
    }
}
