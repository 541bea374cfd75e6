import Glibc

/// A failure of the sandbox itself (not an answer of a stand-in), with a sentence for people.
public struct SandboxError: Error, Sendable, CustomStringConvertible {
    /// What was tried and what came back.
    public let description: String

    public init(_ description: String) { self.description = description }

    /// A failed system call with the meaning of `errno`.
    static func system(_ what: String) -> SandboxError {
        SandboxError("cannot \(what): \(String(cString: strerror(errno)))")
    }
}

/// Repeats a system call that a signal interrupted.
func retryingInterrupts(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
