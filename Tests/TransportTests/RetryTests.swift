import Synchronization
import Testing

@testable import Transport

private let policy = RetryPolicy(tries: 4, budget: .seconds(100), base: .seconds(1), cap: .seconds(10))

@Test func pausesGrowByDecorrelatedJitterUpToTheCap() {
    var state = RetryState(policy)
    var asked: [ClosedRange<Double>] = []
    let longest: (ClosedRange<Double>) -> Double = { range in
        asked.append(range)
        return range.upperBound
    }
    let decisions = (0..<4).map { _ in state.failed(advice: .backoff, elapsed: .zero, random: longest) }
    #expect(decisions == [3, 9, 10].map { .retry(after: .seconds($0)) } + [.giveUp])
    #expect(asked == [1...3, 1...9, 1...10])
}

@Test(arguments: [
    (RetryAdvice.never, Duration.zero, RetryState.Decision.giveUp),
    (.after(.seconds(50)), .zero, .retry(after: .seconds(50))),
    (.after(.milliseconds(5)), .zero, .retry(after: .seconds(1))), (.after(.seconds(50)), .seconds(51), .giveUp),
    (.after(.seconds(101)), .zero, .giveUp), (.backoff, .seconds(99.5), .giveUp),
    (.backoff, .seconds(99), .retry(after: .seconds(1))),
])
func theServersPauseIsAFloorAndTheBudgetAWall(advice: RetryAdvice, elapsed: Duration, decision: RetryState.Decision) {
    var state = RetryState(policy)
    let decided = state.failed(advice: advice, elapsed: elapsed, random: { $0.lowerBound })
    #expect(decided == decision)
}

/// Time that only sleeping moves.
final class FakeTime: Sendable {
    let slept = Mutex<[Duration]>([])
    var clock: ToolClock {
        ToolClock(
            monotonic: { self.slept.withLock { $0.reduce(.zero, +) } },
            sleep: { pause in self.slept.withLock { $0.append(pause) } },
            random: { 0 }
        )
    }
}

@Test func theLoopRetriesWhatIsClassifiedAndReportsEachPause() async throws {
    let time = FakeTime()
    var heard: [Int] = []
    let result = try await withRetry(policy, clock: time.clock, onRetry: { attempt, _, _ in heard.append(attempt) }) {
        attempt in
        if attempt < 3 { throw TransportError(.broken, operation: "GET x", detail: "cut") }
        return attempt
    }
    #expect(result == 3 && heard == [1, 2])
    #expect(time.slept.withLock { $0 } == [.seconds(1), .seconds(1)])
}

@Test func otherErrorsAndExhaustionEndTheLoopWithTheLastError() async {
    struct Unknown: Error {}
    let time = FakeTime()
    var tries = 0
    await #expect(throws: Unknown.self) {
        try await withRetry(policy, clock: time.clock) { _ in
            tries += 1
            throw Unknown()
        }
    }
    #expect(tries == 1)
    await #expect(throws: TransportError(.broken, operation: "", detail: "4")) {
        try await withRetry(policy, clock: time.clock) { attempt in
            throw TransportError(.broken, operation: "", detail: "\(attempt)")
        }
    }
}

@Test(arguments: [
    ("120", Duration.seconds(120)), ("0", .zero), ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)),
    ("Sunday, 06-Nov-94 08:49:37 GMT", .seconds(37)), ("Sun Nov  6 08:49:37 1994", .seconds(37)),
    ("Sun, 06 Nov 1994 08:48:00 GMT", .zero), ("Mon, 07 Nov 1994 08:49:00 GMT", .seconds(86_400)),
    ("Tue, 29 Feb 2000 00:00:00 GMT", .longestFromOutside), ("9223372036854775807", .longestFromOutside),
    ("99999999999999999999999", .longestFromOutside), ("Fri, 31 Dec 9999 23:59:59 GMT", .longestFromOutside), ("", nil),
    ("-1", nil), ("soon", nil), ("Sun, 06 Xyz 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 25:49:37 GMT", nil),
])
func retryAfterIsSecondsOrADate(value: String, pause: Duration?) {
    #expect(retryAfter(value, now: 784_111_740) == pause)
}

@Test(arguments: [
    (5.0, Duration.seconds(5)), (0, .zero), (-1, .zero), (.nan, .zero), (-.infinity, .zero), (.infinity, .seconds(60)),
    (1e300, .seconds(60)), (60, .seconds(60)), (0.5, .milliseconds(500)),
])
func secondsFromOutsideStayWithinBounds(seconds: Double, duration: Duration) {
    #expect(Duration.fromOutside(seconds: seconds, most: .seconds(60)) == duration)
}

@Test func aStallIsNoticedAfterTheLimitAndNotWhileHeld() {
    let start = ContinuousClock.now
    var clock = StallDetector(limit: .seconds(10), now: start)
    let looks: [(bytes: Int64, held: Bool, second: Int)] = [
        (0, false, 1), (0, false, 10), (0, false, 11), (0, true, 100), (0, false, 109), (1, false, 110),
        (1, false, 120),
    ]
    let stalled = looks.map { look in
        clock.isStalled(bytes: look.bytes, held: look.held, now: start + .seconds(look.second))
    }
    #expect(stalled == [false, false, true, false, false, false, true])
}

@Test func aHostsTransfersQueueAboveTheLimitInOrder() {
    var queue = PerHostLimiter<Int>(limit: 2)
    let started = (1...4).map { queue.enter($0, host: "a") }
    #expect(started == [1, 2, nil, nil])
    let elsewhere = queue.enter(5, host: "b")
    #expect(elsewhere == 5)
    let withdrawn = (queue.withdraw(host: "a") { $0 == 3 }, queue.withdraw(host: "a") { $0 == 1 })
    #expect(withdrawn == (true, false))
    let afterwards = [queue.leave(host: "a"), queue.leave(host: "a"), queue.enter(6, host: "a")]
    #expect(afterwards == [4, nil, 6])
}
