/// Runs `operation` (given the number of the try, from 1) until it succeeds, its error says never, or the policy is used up;
/// then the last error is thrown. Errors that are not `RetryClassified` are thrown at once. `onRetry` hears of each pause.
public func withRetry<T>(
    _ policy: RetryPolicy,
    clock: ToolClock = .system,
    isolation: isolated (any Actor)? = #isolation,
    onRetry: (_ attempt: Int, _ error: any Error, _ delay: Duration) -> Void = { _, _, _ in },
    operation: (_ attempt: Int) async throws -> T
) async throws -> T {
    var state = RetryState(policy)
    let start = clock.monotonic()
    while true {
        do {
            return try await operation(state.failures + 1)
        } catch let error as any RetryClassified {
            switch state.failed(advice: error.retryAdvice, elapsed: clock.monotonic() - start, random: clock.uniform) {
            case .giveUp: throw error
            case .retry(let pause):
                onRetry(state.failures, error, pause)
                try await clock.sleep(pause)
            }
        }
    }
}
