public import Glibc
import Synchronization

/// Held while a process is started and while a descriptor is made that cannot be marked close-on-exec in the same step: a
/// process started in between would keep it, and with it somebody's connection, open.
let descriptorLock = Mutex<Void>(())

/// A program that was started, to be waited for once.
public struct ChildProcess: Sendable {
    /// Its process id; that of its group when it got one of its own.
    public let id: pid_t

    /// Starts a program, found by this process's `PATH`, with just this environment.
    ///
    /// With `output` both its streams go there; otherwise it has this process's own. With a group of its own, it and what it
    /// starts can be signalled together, and the terminal's signals do not reach it.
    public init(
        _ arguments: [String],
        environment: [(name: String, value: String)],
        output: Int32? = nil,
        ownGroup: Bool = false
    ) throws {
        guard let command = arguments.first else { throw SandboxError("no command to run") }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, pipe) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        let group = ownGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        }
        var process = pid_t()
        let status = descriptorLock.withLock { _ in
            Self.withCStrings(arguments) { arguments in
                Self.withCStrings(environment.map { "\($0.name)=\($0.value)" }) { environment in
                    posix_spawnp(&process, command, &actions, &attributes, arguments, environment)
                }
            }
        }
        guard status == 0 else { throw SandboxError("cannot run \(command): \(String(cString: strerror(status)))") }
        id = process
    }

    /// Its exit status if it has ended (128 + the signal's number if one ended it), otherwise nil. Once it was told, the process
    /// is gone for good.
    public func exitStatus() -> Int32? {
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        return Self.meaning(of: status)
    }

    /// Waits until it has ended, but leaves it to `exitStatus` to tell how: until then its id is nobody else's.
    func waitForEnd() {
        var info = siginfo_t()
        _ = retryingInterrupts { Int(waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT)) }
    }

    private static func meaning(of status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
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

/// A pipe, closed with the last reference to it; what is started meanwhile does not inherit it.
final class Pipe: Sendable {
    let reading: Int32
    private let writer: Mutex<Int32?>

    init() throws {
        var ends: [Int32] = [-1, -1]
        let isMade = descriptorLock.withLock { _ in
            guard Glibc.pipe(&ends) == 0 else { return false }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return true
        }
        guard isMade else { throw SandboxError.system("make a pipe") }
        reading = ends[0]
        writer = Mutex(ends[1])
    }

    /// The end to write to; nil when it is closed.
    var writing: Int32? { writer.withLock { $0 } }

    /// Closes the end to write to, so that a reader meets the end when nobody else has it.
    func closeWriting() {
        writer.withLock { end in
            if let open = end { close(open) }
            end = nil
        }
    }

    deinit {
        closeWriting()
        close(reading)
    }
}
