public import Console
public import GoogleCloud
import Synchronization
import Text
public import Transport

/// Watches for the platform's notice that it takes this VM away: the metadata server's `instance/preempted` becomes TRUE up to
/// 30 seconds before the end.
public final class PreemptionWatch: Sendable {
    /// Reads the value: the present one without an ETag, with one the next that differs, or the same again after a while.
    public typealias Read = @Sendable (_ etag: String?) async throws -> MetadataServer.Value?
    /// Waits, or throws when the task is cancelled.
    public typealias Sleep = @Sendable (Duration) async throws -> Void

    private let read: Read
    private let sleep: Sleep
    private let logger: Logger
    private let isNoticed = Mutex(false)

    /// Between questions that were not answered, and where the server does not let one wait.
    private static let pause = Duration.seconds(2)
    /// Who was told to end has no more time for a question.
    private static let lastQuestionLimit = Duration.seconds(1)
    /// How long the server holds back its answer while nothing changes.
    private static let wait = Duration.seconds(60)

    public init(logger: Logger, sleep: @escaping Sleep, read: @escaping Read) {
        self.read = read
        self.sleep = sleep
        self.logger = logger
    }

    public convenience init(_ server: MetadataServer, logger: Logger, clock: ToolClock) {
        self.init(logger: logger, sleep: clock.sleep) { etag in
            try await server.value("instance/preempted", changedFrom: etag, within: etag == nil ? .zero : Self.wait)
        }
    }

    /// Does the work; when the notice comes meanwhile the work is cancelled, and `Preempted` is thrown once it has ended, unless
    /// it was done all the same.
    public func guarding<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result
    {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await self.notice()
                return nil
            }
            do {
                while let ended = try await group.next() {
                    // Nil is the watch's end: by the notice, or as there is nothing to watch.
                    if ended == nil, !hasNotice { continue }
                    group.cancelAll()
                    if let ended { return ended }
                }
                throw CancellationError()
            } catch  where hasNotice {
                throw Preempted()
            }
        }
    }

    /// Whether the VM is being taken away. Asks once if that is not known, for at most a second, also in a cancelled task.
    public func isPreempted() async -> Bool {
        if hasNotice { return true }
        let question = Task { try await read(nil) }
        let limit = Task {
            try await sleep(Self.lastQuestionLimit)
            question.cancel()
        }
        let answer = try? await question.value
        limit.cancel()
        return note(answer)
    }

    /// Returns when the notice has come, when the server knows no such value, or when the task is cancelled.
    private func notice() async {
        var etag: String?
        var isHealthy = true
        while !Task.isCancelled {
            do {
                guard let value = try await read(etag) else {
                    logger.info("the metadata server has no preemption notice; it is not watched")
                    return
                }
                if note(value) {
                    logger.warning("the platform takes this VM away (preemption)")
                    return
                }
                isHealthy = true
                etag = value.etag
                if etag == nil { try await sleep(Self.pause) }
            } catch {
                guard !Task.isCancelled else { return }
                if isHealthy {
                    logger.warning("the preemption notice cannot be read now", ["reason": .string("\(error)")])
                }
                isHealthy = false
                try? await sleep(Self.pause)
            }
        }
    }

    private var hasNotice: Bool { isNoticed.withLock { $0 } }

    private func note(_ value: MetadataServer.Value?) -> Bool {
        isNoticed.withLock { isNoticed in
            if value?.text.uppercased().hasPrefix("TRUE") == true { isNoticed = true }
            return isNoticed
        }
    }
}

/// The work was ended as the platform takes the VM away.
public struct Preempted: ExitStatusProviding, CustomStringConvertible {
    public var description: String {
        "ended by preemption: finished files stay, and the next run of the same shard downloads the rest"
    }

    /// Always `temporary`.
    public var exitStatus: ExitStatus { .temporary }
}
