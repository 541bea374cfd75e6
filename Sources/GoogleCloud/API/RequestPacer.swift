public import Transport

/// When the next request may go, at so many a second with some at once after a rest. A value that knows no clock.
public struct RequestRate: Sendable {
    private let interval: Duration
    private let burst: Int
    /// The place of the next request in an even row; at most a burst behind the present.
    private var next: Duration?

    /// `perSecond` requests a second in the long run, `burst` of them without a pause after a rest.
    public init(perSecond: Double, burst: Int) {
        interval = .seconds(1) / perSecond
        self.burst = max(1, burst)
    }

    /// Takes the next place; returns how long to wait for it. `now` never steps back.
    public mutating func reserve(now: Duration) -> Duration {
        let earliest = now - interval * (burst - 1)
        let slot = max(next ?? earliest, earliest)
        next = slot + interval
        return max(.zero, slot - now)
    }
}

/// Keeps tasks that send at once to a common rate.
public actor RequestPacer {
    private var rate: RequestRate
    private let clock: ToolClock

    public init(_ rate: RequestRate, clock: ToolClock = .system) {
        self.rate = rate
        self.clock = clock
    }

    /// Returns when it is the caller's turn; throws when the task is cancelled.
    public func turn() async throws {
        let pause = rate.reserve(now: clock.monotonic())
        if pause > .zero { try await clock.sleep(pause) }
    }
}
