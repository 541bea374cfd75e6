/// How a tool ends: the number its caller sees.
public enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Everything asked for is done, or was done already.
    case done = 0
    /// It failed, and trying again unchanged will not help.
    case failed = 1
    /// The command line or a setting is wrong; nothing was started.
    case usage = 2
    /// Part of it is done; the rest failed and was named.
    case partial = 3
    /// Credentials are missing, refused or not enough.
    case credentials = 4
    /// Quota, stock-out, lock or rate limit: the same command may succeed later.
    case temporary = 5
    /// Data did not match its checksum, size or row count.
    case integrity = 6
    /// Something that was asked for, or asked about, is not there.
    case incomplete = 7
    case interrupted = 130
    case terminated = 143

    /// The status of a tool that ended because of `signal` (SIGINT or SIGTERM).
    public init(signal: Int32) {
        self = signal == 2 ? .interrupted : .terminated
    }

    /// A few words for help texts and documents.
    public var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .usage: "wrong command line or setting; nothing was started"
        case .partial: "partly done; what failed was named"
        case .credentials: "credentials or permission at Google or Tardis"
        case .temporary: "temporary: quota, stock-out, lock or rate limit; the same command may succeed later"
        case .integrity: "data failed a check"
        case .incomplete: "incomplete: something that was asked for is not there"
        case .interrupted: "ended by SIGINT"
        case .terminated: "ended by SIGTERM"
        }
    }
}

/// An error that knows how the tool ends because of it. Its description is one sentence for people.
public protocol ExitStatusProviding: Error {
    /// The status of a tool that cannot go on.
    var exitStatus: ExitStatus { get }
}

extension UsageError: ExitStatusProviding {
    public var exitStatus: ExitStatus { .usage }
}
