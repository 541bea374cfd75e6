import CShims
public import Glibc
import Synchronization

/// A program that was started, to be waited for once.
public final class ChildProcess: Sendable {
    public enum Streams: Sendable {
        case inherited
        /// Both outputs go to a descriptor; the input is empty.
        case both(to: Int32)
        /// Errors go to a descriptor; the input is empty, the output is dropped.
        case errors(to: Int32)
    }

    /// Its process id; that of its group when it has one of its own.
    public let id: pid_t
    private let isReaped = Mutex(false)
    private static let starts = Mutex(())

    /// Does something while no program is being started, such as writing one: a child has the file open until its own `exec`, and
    /// meanwhile the kernel refuses to run it (ETXTBSY).
    public static func betweenStarts<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        try starts.withLock { _ throws(Failure) in try body() }
    }

    /// Starts a program, found by this process's `PATH`, with just this environment.
    ///
    /// With a group of its own, it and what it starts can be signalled together, and the terminal's signals do not reach it.
    public init(
        _ arguments: [String],
        environment: [(name: String, value: String)],
        streams: Streams = .inherited,
        ownGroup: Bool = false
    ) throws(ProcessError) {
        guard let command = arguments.first else { throw ProcessError("", "there is no command") }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&defaults)
        // What this process ignores, the program must not inherit as ignored.
        for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        let group = ownGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        switch streams {
        case .inherited: break
        case .both(let output):
            posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO)
        case .errors(let output):
            posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO)
        }
        // Whatever else is open here, such as a connection, is none of the program's.
        if case .inherited = streams {} else { _ = tick_spawn_closes_from(&files, STDERR_FILENO + 1) }
        var process = pid_t()
        // Returns after the child's `exec`, or its failure.
        let status = Self.starts.withLock { _ in
            Self.withCStrings(arguments) { arguments in
                Self.withCStrings(environment.map { "\($0.name)=\($0.value)" }) { environment in
                    posix_spawnp(&process, command, &files, &attributes, arguments, environment)
                }
            }
        }
        guard status == 0 else { throw ProcessError(command, String(cString: strerror(status))) }
        id = process
    }

    /// Its exit status if it has ended (128 + the signal's number if one ended it), otherwise nil. Once it was told, the process
    /// is gone for good.
    public func exitStatus() -> Int32? {
        // Under the lock, so that no signal goes to whoever gets the number next.
        isReaped.withLock { isReaped in
            var status: Int32 = 0
            guard !isReaped, waitpid(id, &status, WNOHANG) == id else { return nil }
            isReaped = true
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    /// Waits until it has ended, but leaves it to `exitStatus` to tell how: until then its id is nobody else's.
    public func waitForEnd() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// Sends a signal, unless it was told how the program ended.
    public func send(_ signal: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { kill(id, signal) }
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

/// A program that cannot be run.
public struct ProcessError: Error, Sendable, Equatable, CustomStringConvertible {
    public let program: String
    public let reason: String

    public init(_ program: String, _ reason: String) {
        self.program = program
        self.reason = reason
    }

    public var description: String { "cannot run \(program): \(reason)" }
}
