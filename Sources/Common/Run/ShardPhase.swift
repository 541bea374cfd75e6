/// Where a shard's work stands; the raw value is what documents and screens show.
public enum ShardPhase: String, Sendable, CaseIterable, Hashable {
    /// In the plan; nothing has begun.
    case planned = "PLANNED"
    /// The VM is coming up.
    case starting = "STARTING"
    /// Files are downloaded.
    case running = "RUNNING"
    /// The last files are uploaded.
    case uploading = "UPLOADING"
    /// All files are there.
    case done = "DONE"
    /// The shard has no instruments.
    case empty = "EMPTY"
    /// Some files failed, some are there.
    case partial = "PARTIAL"
    /// No file is there, or the work could not begin.
    case failed = "FAILED"
    /// Waiting: the Tardis key is in use from another address.
    case locked = "LOCKED"
    /// Ended by the platform.
    case preempted = "PREEMPTED"
    /// Ended by a person.
    case stopped = "STOPPED"

    /// Whether this attempt is over.
    public var isFinal: Bool {
        switch self {
        case .planned, .starting, .running, .uploading, .locked: false
        case .done, .empty, .partial, .failed, .preempted, .stopped: true
        }
    }

    /// Whether nothing is left to do.
    public var isComplete: Bool { self == .done || self == .empty }
}
