/// What an error says about trying again.
public enum RetryAdvice: Sendable, Equatable {
    /// The same request would fail the same way.
    case never
    /// Try again after a pause that grows.
    case backoff
    /// Try again, but not before this long has passed (`Retry-After`).
    case after(Duration)
}

/// An error that knows whether its request is worth another try.
public protocol RetryClassified: Error {
    var retryAdvice: RetryAdvice { get }
}
