import Transport

/// Remembers, for all downloads of one client, until when the key is in use from another address: while it is, nobody asks.
actor KeyLock {
    private var freeAt: Duration?
    private var refusals = 0

    /// The first pause at least, and the longest that these grow to while the lock goes on: what the answer asks for may be
    /// nothing, and asking all the time may keep the lock alive.
    private static let floor = Duration.seconds(5)
    private static let highestFloor = Duration.seconds(320)

    /// Waits until the key is expected to be free; returns at once when nothing is known against it.
    func wait(_ clock: ToolClock) async throws {
        while let freeAt, clock.monotonic() < freeAt {
            // Not all in the same moment: the first to come shows the others whether the key is free.
            try await clock.sleep(freeAt - clock.monotonic() + .seconds(clock.uniform(0...2)))
        }
    }

    /// The key was found in use, and is so for `asked` as the answer says. Returns the pause that begins now. Answers to
    /// requests that were under way together are one refusal.
    func note(_ asked: Duration, now: Duration) -> Duration {
        if freeAt.map({ now >= $0 }) ?? true { refusals += 1 }
        let floor = min(Self.floor * (1 << min(refusals - 1, 6)), Self.highestFloor)
        let pause = max(asked, floor)
        freeAt = max(freeAt ?? .zero, now + pause)
        return pause
    }

    /// The key served a request: it is free.
    func succeeded() {
        refusals = 0
        freeAt = nil
    }
}
