import Transport

/// Remembers, for all downloads of one client, until when the key is in use from another address: while it is, nobody asks.
actor KeyLock {
    private var freeAt: Duration?

    /// Waits until the key is expected to be free; returns at once when nothing is known against it.
    func wait(_ clock: RetryClock) async throws {
        while let freeAt, clock.now() < freeAt {
            // Not all in the same moment: the first to come shows the others whether the key is free.
            try await clock.sleep(freeAt - clock.now() + .seconds(clock.random(0...2)))
        }
    }

    /// The key was found in use.
    func note(until time: Duration) {
        freeAt = max(freeAt ?? time, time)
    }
}
