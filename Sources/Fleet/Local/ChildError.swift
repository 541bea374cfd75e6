import Common
import Console
import Glibc

/// A program of this machine that cannot be run.
struct ChildError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program.
    let program: String
    /// What is wrong.
    let reason: String

    /// An error about one program; `code` is the `errno`.
    init(_ program: String, _ what: String, _ code: Int32) {
        self.program = program
        reason = "\(what): \(String(cString: strerror(code)))"
    }

    /// An error about one program.
    init(_ program: String, _ reason: String) {
        self.program = program
        self.reason = reason
    }

    /// One sentence.
    var description: String { "cannot run \(program): \(reason)" }
}

extension ChildError: ExitStatusProviding {
    /// Always `failed`.
    var exitStatus: ExitStatus { .failed }
}
