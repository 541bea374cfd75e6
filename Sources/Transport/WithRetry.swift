/// The clock and the dice of a retry loop, so that tests bring their own.
public struct RetryClock: Sendable {
    /// Time since some fixed moment.
    public var now: @Sendable () -> Duration
    /// Waits; throws when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// A random number in the range.
    public var random: @Sendable (ClosedRange<Double>) -> Double

    /// A clock from its parts.
    public init(
        now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    /// Real time and real randomness.
    public static let system: RetryClock = {
        let start = ContinuousClock.now
        return RetryClock(
            now: { ContinuousClock.now - start },
            sleep: { try await Task.sleep(for: $0) },
            random: { Double.random(in: $0) }
        )
    }()
}

/// Runs `operation` (given the number of the try, from 1) until it succeeds, its error says never, or the policy is used up;
/// then the last error is thrown. Errors that are not `RetryClassified` are thrown at once. `onRetry` hears of each pause.
public func withRetry<T>(
    _ policy: RetryPolicy,
    clock: RetryClock = .system,
    isolation: isolated (any Actor)? = #isolation,
    onRetry: (_ attempt: Int, _ error: any Error, _ delay: Duration) -> Void = { _, _, _ in },
    operation: (_ attempt: Int) async throws -> T
) async throws -> T {
    var state = RetryState(policy)
    let start = clock.now()
    while true {
        do {
            return try await operation(state.failures + 1)
        } catch let error as any RetryClassified {
            switch state.failed(advice: error.retryAdvice, elapsed: clock.now() - start, random: clock.random) {
            case .giveUp: throw error
            case .retry(let pause):
                onRetry(state.failures, error, pause)
                try await clock.sleep(pause)
            }
        }
    }
}
