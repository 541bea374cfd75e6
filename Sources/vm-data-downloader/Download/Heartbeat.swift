import Common
import Console
import GoogleCloud

/// Writes the shard's state into the bucket, now and then and at the end.
struct Heartbeat: Sendable {
    let store: any ObjectStore
    let name: String
    let board: ShardBoard
    let progress: ProgressReporter
    let logger: Logger
    let clock: ToolClock

    /// Often enough for a person who watches, rarely enough for the one write a second that an object may have.
    private static let interval = Duration.seconds(10)
    /// A tool that was told to end has 5 seconds.
    private static let lastBeatLimit = Duration.seconds(3)

    /// Counts this attempt after the one that wrote the heartbeat before.
    func countAttempt() async throws {
        guard let before = try await store.info(name), let state = ShardState(metadata: before.metadata) else { return }
        board.setAttempt(state.attempt + 1)
    }

    /// Beats until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await beat()
            try? await clock.sleep(Self.interval)
        }
    }

    /// Beats once more, also in a task that has been cancelled; gives up after three seconds.
    func last() async {
        let beat = Task { await self.beat() }
        let limit = Task {
            try await clock.sleep(Self.lastBeatLimit)
            beat.cancel()
        }
        await beat.value
        limit.cancel()
    }

    private func beat() async {
        let state = board.snapshot(now: clock.epochMicroseconds(), bytesPerSecond: progress.bytesPerSecond)
        do {
            _ = try await store.put(
                name,
                state.encoded(),
                options: PutOptions(contentType: "application/json", metadata: state.metadata)
            )
        } catch {
            // The data matters more: a heartbeat that could not be written is said, and the work goes on.
            if !Task.isCancelled { logger.warning("the heartbeat was not written", ["reason": .string("\(error)")]) }
        }
    }
}
