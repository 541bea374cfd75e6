import Common
import Console
import Dispatch
import Glibc
import Host
import Synchronization
import Text

/// Brings shards by processes of this machine, some at a time; a shard that fails does not stop the others.
struct LocalFleet: Sendable {
    /// How a shard's last process ended.
    struct Ending: Sendable, Equatable {
        let shard: Int
        let attempts: Int
        /// The last one's exit status; 128 and more for a signal.
        let status: Int32
        /// Why it failed, as far as it said so; nil when it did not fail.
        let reason: String?

        /// Whether there is nothing more to do, as far as the process knows: all files are there, or none is to be had.
        var isSettled: Bool { status == ExitStatus.done.rawValue || status == ExitStatus.incomplete.rawValue }
    }

    /// The program, `vm-data-downloader`.
    var program: String
    /// What it is told for a shard.
    var arguments: @Sendable (_ shard: Int) -> [String]
    /// Its environment, which carries the key.
    var environment: [String: String]
    /// How many run at once.
    var processes: Int
    /// How often a shard is tried.
    var attempts = 3

    init(
        program: String,
        arguments: @escaping @Sendable (_ shard: Int) -> [String],
        environment: [String: String],
        processes: Int
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.processes = max(1, processes)
    }

    /// Finds the program next to this tool's own file, otherwise on `PATH`. Throws `ProcessError`.
    static func find(_ name: String, _ context: ToolContext) throws -> String {
        var folders = (context.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        if let own = context.executable, let slash = own.lastIndex(of: "/") {
            folders.insert(String(own[..<slash]), at: 0)
        }
        let candidates = folders.map { "\($0)/\(name)" }
        guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw ProcessError(name, "it is neither beside this program nor on PATH; build it: swift build -c release")
        }
        return found
    }

    /// Brings the shards and returns their endings in their order. When the task is cancelled, all processes are told to end
    /// (SIGTERM) and waited for; what `hooks` does at the tool's own end is to kill what is left.
    func download(
        _ shards: [Int],
        progress: ProgressReporter,
        logger: Logger,
        hooks: ExitHooks
    ) async -> [Ending] {
        let running = Running()
        hooks.add { running.end(by: SIGKILL) }
        let endings = await withTaskCancellationHandler {
            await withTaskGroup(of: Ending.self) { group in
                var endings: [Int: Ending] = [:]
                var waiting = shards.map { (shard: $0, attempt: 1) }[...]
                func startNext() {
                    guard !Task.isCancelled, let next = waiting.popFirst() else { return }
                    group.addTask { await download(next.shard, next.attempt, running, progress, logger) }
                }
                for _ in 0..<processes { startNext() }
                while let ending = await group.next() {
                    endings[ending.shard] = ending
                    if isWorthAnother(ending), !Task.isCancelled {
                        logger.warning(
                            "a shard failed and is tried again",
                            ["shard": .int(Int64(ending.shard)), "reason": .string(ending.reason ?? "")]
                        )
                        waiting.append((ending.shard, ending.attempts + 1))
                    }
                    startNext()
                }
                return endings
            }
        } onCancel: {
            running.end(by: SIGTERM)
        }
        return shards.compactMap { endings[$0] }
    }

    /// Whether another process may do better: not where the command line or the credentials are wrong.
    private func isWorthAnother(_ ending: Ending) -> Bool {
        let hopeless = [ExitStatus.usage, .credentials].map(\.rawValue)
        return !ending.isSettled && ending.attempts < attempts && !hopeless.contains(ending.status)
    }

    private func download(
        _ shard: Int,
        _ attempt: Int,
        _ running: Running,
        _ progress: ProgressReporter,
        _ logger: Logger
    ) async -> Ending {
        let reason = Mutex<String?>(nil)
        let status: Int32
        do {
            let errors = try Pipe()
            let child = try ChildProcess(
                [program] + arguments(shard),
                environment: environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                streams: errors.writing.map { .errors(to: $0) } ?? .inherited,
                ownGroup: true
            )
            errors.closeWriting()
            running.add(child)
            status = await Self.follow(child, errors) { line in
                guard let problem = Self.show(LocalLine(line), shard, progress, logger) else { return }
                reason.withLock { $0 = problem }
            }
            running.remove(child)
        } catch {
            reason.withLock { $0 = "\(error)" }
            status = 127
        }
        let isFine = status == ExitStatus.done.rawValue || status == ExitStatus.incomplete.rawValue
        let why = isFine ? nil : reason.withLock { $0 } ?? "the process ended with status \(status)"
        return Ending(shard: shard, attempts: attempt, status: status, reason: why)
    }

    /// Hands over the lines that a process writes, and returns how it ended.
    private static func follow(
        _ child: ChildProcess,
        _ errors: Pipe,
        onLine: @escaping @Sendable (String) -> Void
    ) async -> Int32 {
        await withCheckedContinuation { continuation in
            // Reading and waiting block, so they get a thread of their own.
            DispatchQueue(label: "child \(child.id)").async {
                var line: [UInt8] = []
                errors.read { bytes in
                    for byte in bytes {
                        if byte == 0x0A {
                            onLine(String(decoding: line, as: UTF8.self))
                            line.removeAll(keepingCapacity: true)
                        } else {
                            line.append(byte)
                        }
                    }
                }
                if !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
                child.waitForEnd()
                continuation.resume(returning: child.exitStatus() ?? 127)
            }
        }
    }

    /// Passes on what a process says; returns what tells why it will fail.
    private static func show(
        _ line: LocalLine,
        _ shard: Int,
        _ progress: ProgressReporter,
        _ logger: Logger
    ) -> String? {
        switch line {
        case .done(let task, let note, let bytes, let rows):
            progress.advance(task, bytes: bytes, rows: rows)
            // The progress counts rows itself.
            progress.finish(task, note: rows > 0 ? nil : note)
        case .failed(let task, let reason): return "\(task): \(reason)"
        case .message(let level, let text):
            logger.log(level == .error ? .warning : level, text, ["shard": .int(Int64(shard))])
            if level == .error { return text }
        case .numbers: break
        case .other(let text):
            logger.warning("a process said something unexpected", ["shard": .int(Int64(shard)), "text": .string(text)])
            return text
        }
        return nil
    }
}

/// The processes that run now.
private final class Running: Sendable {
    private let state = Mutex((children: [ChildProcess](), signal: Int32?.none))

    func add(_ child: ChildProcess) {
        let signal = state.withLock { state in
            state.children.append(child)
            return state.signal
        }
        if let signal { child.send(signal) }
    }

    func remove(_ child: ChildProcess) {
        state.withLock { $0.children.removeAll { $0 === child } }
    }

    func end(by signal: Int32) {
        let children = state.withLock { state in
            state.signal = signal
            return state.children
        }
        for child in children { child.send(signal) }
    }
}
