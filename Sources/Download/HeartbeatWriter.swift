import Transport
import FleetModel
import Common
import Console
import GoogleCloud
import Synchronization
import Text

/// Writes the shard's state into the bucket, now and then and at the end.
final class HeartbeatWriter: Sendable {
    private let store: any ObjectStore
    private let name: String
    private let board: ShardProgress
    private let progress: ProgressReporter
    private let logger: Logger
    private let clock: ToolClock
    /// Each beat replaces the one before: one that was cancelled on its way cannot come after the last and undo it.
    private let predecessor = Mutex(Precondition.absent)
    /// Whether the bucket was found to keep what is written.
    private let isRetained = Mutex(false)

    /// Often enough for a person who watches, rarely enough for the one write a second that an object may have.
    private static let interval = Duration.seconds(10)
    /// A tool that was told to end has 5 seconds.
    private static let lastBeatLimit = Duration.seconds(3)
    /// How often others may begin at the same moment.
    private static let claims = 5

    init(
        store: any ObjectStore,
        board: ShardProgress,
        progress: ProgressReporter,
        logger: Logger,
        clock: ToolClock
    ) {
        self.store = store
        name = board.name
        self.board = board
        self.progress = progress
        self.logger = logger
        self.clock = clock
    }

    /// Takes the shard with the first heartbeat, unless somebody else works on it. Throws `ShardHeld`, and what a listing throws.
    func claim(isForced: Bool, now: () -> Int64, _ isRunning: (Heartbeat.Process) -> Bool?) async throws {
        let heartbeat = board.snapshot(now: clock.epochMicroseconds(), bytesPerSecond: 0)
        for _ in 0..<Self.claims {
            let (others, own) = try await DateReader(store).heartbeats(heartbeat.date, own: name)
            predecessor.withLock { $0 = own.map { .generation($0.generation) } ?? .absent }
            if let before = others.first(where: { $0.name == name }), before.figures.absent > 0 {
                board.inherit(try await absences(of: before))
            }
            let claim = ShardClaim(heartbeat, among: others, now: now(), isRunning: isRunning)
            switch claim {
            case .free(let attempt): board.setAttempt(attempt)
            case .held(let reason):
                guard isForced else { throw ShardHeld(description: reason) }
                logger.warning("the shard is taken over", ["reason": .string(reason)])
                board.setAttempt((others.first { $0.name == name }?.attempt ?? 0) + 1)
            }
            do {
                try await put(board.snapshot(now: clock.epochMicroseconds(), bytesPerSecond: 0))
                if !isForced { try await yieldToEarlier(heartbeat, now: now(), isRunning) }
                return
            } catch let error as StorageError where error.kind == .preconditionFailed {
                // Somebody else has begun at the same moment.
            } catch let error as ShardHeld {
                throw error
            } catch {
                try note(error)
                return
            }
        }
        throw ShardHeld(description: "others begin to work on the shard again and again; try again later")
    }

    /// What the process before proved to be absent, from its document. One that is no document settles nothing; where it cannot be read
    /// now, the names that the listing told stay, without their proofs.
    private func absences(of before: Heartbeat) async throws -> [Absence] {
        do {
            let whole = try Heartbeat(decoding: try await store.get(name, range: nil))
            return whole.name == name ? whole.absences : []
        } catch is DocumentError {
            return []
        } catch {
            try Task.checkCancellation()
            logger.warning("the heartbeat before cannot be read", ["reason": .string("\(error)")])
            return before.absences
        }
    }

    /// Of two that began at the same moment under different names, the later one ends.
    private func yieldToEarlier(_ own: Heartbeat, now: Int64, _ isRunning: (Heartbeat.Process) -> Bool?) async throws {
        guard own.process != nil else { return }
        let earlier = try await DateReader(store).heartbeats(own.date, own: name).0.filter {
            $0.vm != own.vm && ($0.started, $0.vm) < (own.started, own.vm)
        }
        guard case .held(let reason) = ShardClaim(own, among: earlier, now: now, isRunning: isRunning) else { return }
        board.set(phase: .stopped)
        await beat()
        throw ShardHeld(description: reason)
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
        guard !isRetained.withLock({ $0 }) else { return }
        let state = board.snapshot(now: clock.epochMicroseconds(), bytesPerSecond: progress.bytesPerSecond)
        do {
            do {
                try await put(state)
            } catch let error as StorageError where error.kind == .preconditionFailed {
                // The beat before was written although nobody heard the answer.
                _ = try await lookUp()
                try await put(state)
            }
        } catch {
            try? note(error)
        }
    }

    /// The data matters more: a heartbeat that could not be written is said, and the work goes on.
    private func note(_ error: any Error) throws {
        if let error = error as? StorageError, error.kind == .retained {
            isRetained.withLock { $0 = true }
            logger.warning(
                "the bucket keeps what is written, so no more heartbeats are: what the monitor shows of this shard is old",
                ["reason": .string("\(error)")]
            )
        } else {
            try Task.checkCancellation()
            logger.warning("the heartbeat was not written", ["reason": .string("\(error)")])
        }
    }

    private func put(_ state: Heartbeat) async throws {
        let options = PutOptions(
            contentType: "application/json",
            metadata: state.metadata,
            precondition: predecessor.withLock { $0 }
        )
        let written = try await store.put(name, state.encoded(), options: options)
        predecessor.withLock { $0 = .generation(written.generation) }
    }

    private func lookUp() async throws -> ObjectInfo? {
        let there = try await store.info(name)
        predecessor.withLock { $0 = there.map { .generation($0.generation) } ?? .absent }
        return there
    }
}

/// Somebody else works on the shard.
struct ShardHeld: ExitStatusProviding, CustomStringConvertible {
    let description: String
    var exitStatus: ExitStatus { .temporary }
}
