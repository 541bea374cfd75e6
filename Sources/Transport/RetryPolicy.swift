/// How often and how long something is tried.
public struct RetryPolicy: Sendable, Equatable {
    /// Tries in all, the first included.
    public var tries: Int
    /// Time for all tries and pauses together; no pause is begun that would end after it.
    public var budget: Duration
    public var base: Duration
    /// The longest pause, unless the server asks for a longer one.
    public var cap: Duration

    /// A policy; the defaults are those of Google's storage client (1 s, at most 32 s), with ten tries in ten minutes.
    public init(
        tries: Int = 10,
        budget: Duration = .seconds(600),
        base: Duration = .seconds(1),
        cap: Duration = .seconds(32)
    ) {
        self.tries = tries
        self.budget = budget
        self.base = base
        self.cap = cap
    }
}

/// Where a series of tries stands: takes the errors, says what to do next. Knows no clock.
///
/// Pauses follow decorrelated jitter (each is random between the base and three times the one before), so that many
/// clients that failed together do not come back together.
public struct RetryState: Sendable {
    /// What to do after an error.
    public enum Decision: Sendable, Equatable {
        /// Wait so long, then try again.
        case retry(after: Duration)
        case giveUp
    }

    public private(set) var failures = 0
    private let policy: RetryPolicy
    private var lastPause: Duration

    public init(_ policy: RetryPolicy) {
        self.policy = policy
        self.lastPause = policy.base
    }

    /// Takes a failure. `elapsed` is the time since the first try began, `random` gives a number in a range of seconds.
    public mutating func failed(
        advice: RetryAdvice,
        elapsed: Duration,
        random: (ClosedRange<Double>) -> Double
    ) -> Decision {
        failures += 1
        let floor: Duration
        switch advice {
        case .never: return .giveUp
        case .backoff: floor = .zero
        case .after(let asked): floor = asked
        }
        guard failures < policy.tries else { return .giveUp }
        let shortest = policy.base / .seconds(1)
        let longest = max(shortest, min(policy.cap, lastPause * 3) / .seconds(1))
        lastPause = .seconds(random(shortest...longest))
        let pause = max(lastPause, floor)
        return elapsed + pause <= policy.budget ? .retry(after: pause) : .giveUp
    }
}
