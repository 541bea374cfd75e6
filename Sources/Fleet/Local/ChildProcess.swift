import Dispatch
import Glibc
import Synchronization

/// A program that runs beside this one, in a process group of its own, so that Ctrl-C reaches it through `end` only.
///
/// Its standard input is empty, its standard output is dropped, its standard error is read line by line.
final class ChildProcess: Sendable {
    private let process: pid_t
    private let errors: Int32
    private let isReaped = Mutex(false)
    /// Between a pipe's birth and its mark no program may start.
    private static let starting = Mutex(())

    /// Starts the program. Throws `ChildError`.
    init(_ program: String, _ arguments: [String], environment: [String: String]) throws(ChildError) {
        let pipe = try Self.pipe(for: program)
        defer { close(pipe.write) }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&files, pipe.write, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (mask, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&mask)
        sigemptyset(&defaults)
        // What this process ignores, the program must not inherit as ignored.
        for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
        )
        var process = pid_t()
        let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
        let status = Self.withCStrings([program] + arguments) { arguments in
            Self.withCStrings(variables) { variables in
                Self.starting.withLock { _ in
                    posix_spawn(&process, program, &files, &attributes, arguments, variables)
                }
            }
        }
        guard status == 0 else {
            close(pipe.read)
            throw ChildError(program, "it does not start", status)
        }
        self.process = process
        errors = pipe.read
    }

    /// Hands over the lines that the program writes to standard error, and returns how it ended: its exit status, or 128 and
    /// the signal's number. To be called once.
    func run(onLine: @escaping @Sendable (String) -> Void) async -> Int32 {
        await withCheckedContinuation { continuation in
            // Reading and waiting block, so they get a thread of their own.
            DispatchQueue(label: "child \(process)").async { [self] in
                readLines(onLine)
                continuation.resume(returning: reap())
            }
        }
    }

    /// Sends a signal, unless the program has ended.
    func end(by signal: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { kill(process, signal) }
        }
    }

    /// A pipe that other programs do not inherit: one that held it would hide this program's end.
    private static func pipe(for program: String) throws(ChildError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let code = starting.withLock { _ in
            guard Glibc.pipe(&ends) == 0 else { return errno }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return 0
        }
        if code != 0 { throw ChildError(program, "no pipe", code) }
        return (ends[0], ends[1])
    }

    private func readLines(_ onLine: (String) -> Void) {
        defer { close(errors) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var line: [UInt8] = []
        while true {
            let count = read(errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                if byte == 0x0A {
                    onLine(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
    }

    private func reap() -> Int32 {
        var info = siginfo_t()
        // The number stays the program's until it is reaped under the lock, so that no signal goes to a stranger.
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return isReaped.withLock { isReaped in
            var status: Int32 = 0
            isReaped = true
            guard waitpid(process, &status, 0) == process else { return 127 }
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
