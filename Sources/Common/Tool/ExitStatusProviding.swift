public import Console
public import Transport

/// An error that knows how the tool ends because of it. Its description is one sentence for people.
public protocol ExitStatusProviding: Error {
    /// The status of a tool that cannot go on.
    var exitStatus: ExitStatus { get }
}

extension UsageError: ExitStatusProviding {
    /// Always `usage`.
    public var exitStatus: ExitStatus { .usage }
}

extension TransportError: ExitStatusProviding {
    /// `temporary` when another try may help.
    public var exitStatus: ExitStatus { retryAdvice == .never ? .failed : .temporary }
}

/// The status for any error: its own, `temporary` when it is worth another try, otherwise `failed`.
public func exitStatus(of error: any Error) -> ExitStatus {
    if let known = error as? any ExitStatusProviding { return known.exitStatus }
    if let classified = error as? any RetryClassified, classified.retryAdvice != .never { return .temporary }
    return .failed
}
