import Glibc
import Sandbox

/// The command behind `--`, run with the stand-ins' environment.
struct ChildCommand {
    let process: pid_t

    /// Starts it with this process's environment, plus `adding`, minus `removing`.
    init(_ arguments: [String], adding variables: [(name: String, value: String)], removing: [String]) throws {
        var environment: [String] = []
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            let name = text.prefix { $0 != "=" }
            if !removing.contains(String(name)) && !variables.contains(where: { $0.name == name }) {
                environment.append(text)
            }
            entry += 1
        }
        environment += variables.map { "\($0.name)=\($0.value)" }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, pipe) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var process = pid_t()
        let command = arguments[0]
        let status = Self.withCStrings(arguments) { arguments in
            Self.withCStrings(environment) { environment in
                command.withCString { posix_spawnp(&process, $0, nil, &attributes, arguments, environment) }
            }
        }
        guard status == 0 else { throw SandboxError("cannot run \(command): \(String(cString: strerror(status)))") }
        self.process = process
    }

    /// Its exit status if it has ended (128 + the signal's number if one ended it), otherwise nil.
    func exitStatus() -> Int32? {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == process else { return nil }
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
