import Common

/// Where a shard stands as a person who watches sees it: what its VM said, corrected by what the bucket and the project show.
public enum MonitorPhase: String, Sendable, CaseIterable, Hashable {
    /// Nothing has begun.
    case planned = "PLANNED"
    /// The VM is coming up.
    case starting = "STARTING"
    /// Files are downloaded.
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
    /// Nothing is heard of it: the VM is gone without a last word, or is silent.
    case lost = "LOST"

    /// The phase of a heartbeat, taken at its word.
    init(_ said: ShardPhase) {
        self =
            switch said {
            case .planned: .planned
            case .starting: .starting
            case .running: .running
            case .uploading: .uploading
            case .locked: .locked
            case .done: .done
            case .empty: .empty
            case .partial: .partial
            case .failed: .failed
            case .preempted: .preempted
            case .stopped: .stopped
            }
    }

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
