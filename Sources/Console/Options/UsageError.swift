/// A command line or setting that cannot be used; the tool ends with status 2 before doing anything.
public struct UsageError: Error, Sendable, Equatable {
    /// What is wrong, one sentence without its full stop.
    public let message: String
    /// The command to ask for help; empty when the error is not about a command line.
    public let command: String

    public init(_ message: String, command: String = "") {
        self.message = message
        self.command = command
    }
}

extension UsageError: CustomStringConvertible {
    /// The sentence, with where help is.
    public var description: String {
        command.isEmpty ? message : "\(message); see \(command) --help"
    }
}
