import Glibc

/// The time, replaceable in tests.
public struct ToolClock: Sendable {
    /// Microseconds since 1970, UTC.
    public var epochMicroseconds: @Sendable () -> Int64
    /// Time since some point, never stepping back.
    public var monotonic: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    /// A clock of these functions.
    public init(
        epochMicroseconds: @escaping @Sendable () -> Int64,
        monotonic: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.epochMicroseconds = epochMicroseconds
        self.monotonic = monotonic
        self.sleep = sleep
    }

    /// The machine's clock.
    public static let system = ToolClock(
        epochMicroseconds: {
            let time = read(CLOCK_REALTIME)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        },
        monotonic: {
            let time = read(CLOCK_MONOTONIC)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        },
        sleep: { try await Task.sleep(for: $0) }
    )

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
