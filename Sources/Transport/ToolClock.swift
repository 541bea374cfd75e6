import Glibc

/// Time and chance, replaceable in tests. Nothing else asks for either, but libcurl's stall watch and those who stamp files on disk.
public struct ToolClock: Sendable {
    /// Microseconds since 1970, UTC.
    public var epochMicroseconds: @Sendable () -> Int64
    /// Time since some point, never stepping back.
    public var monotonic: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// Any 64 bits, other ones each time.
    public var random: @Sendable () -> UInt64

    /// The machine's clock and chance, but for what is given.
    public init(
        epochMicroseconds: (@Sendable () -> Int64)? = nil,
        monotonic: (@Sendable () -> Duration)? = nil,
        sleep: (@Sendable (Duration) async throws -> Void)? = nil,
        random: (@Sendable () -> UInt64)? = nil
    ) {
        self.epochMicroseconds =
            epochMicroseconds ?? {
                let time = Self.read(CLOCK_REALTIME)
                return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
            }
        self.monotonic =
            monotonic ?? {
                let time = Self.read(CLOCK_MONOTONIC)
                return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
            }
        self.sleep = sleep ?? { try await Task.sleep(for: $0) }
        self.random =
            random ?? {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
    }

    public static let system = ToolClock()

    /// Seconds since 1970, for what ends at a point in time.
    public func epochSeconds() -> Int64 { epochMicroseconds() / 1_000_000 }

    /// A number of the range, each as likely.
    public func uniform(_ range: ClosedRange<Double>) -> Double {
        // 53 bits are what a Double holds.
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(random() >> 11) / Double(1 << 53 as UInt64)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
