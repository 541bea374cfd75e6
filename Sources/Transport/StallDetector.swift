/// Decides when a transfer has stood still for too long. The time in which we hold it back ourselves does not count.
struct StallDetector {
    let limit: Duration
    private var bytesSeen: Int64 = -1
    private var movedAt: ContinuousClock.Instant

    init(limit: Duration, now: ContinuousClock.Instant) {
        self.limit = limit
        self.movedAt = now
    }

    /// Takes note of the bytes moved so far in both directions; true when nothing has moved for the limit.
    mutating func isStalled(bytes: Int64, held: Bool, now: ContinuousClock.Instant) -> Bool {
        guard bytes == bytesSeen, !held else {
            bytesSeen = bytes
            movedAt = now
            return false
        }
        return now - movedAt >= limit
    }

    var deadline: ContinuousClock.Instant { movedAt + limit }
}
