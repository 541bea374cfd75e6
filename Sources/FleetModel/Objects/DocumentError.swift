public import Console

/// A plan or heartbeat that cannot be read.
public struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which one: "the plan".
    public let document: String
    /// What is wrong with it.
    public let reason: String

    /// An error about one document.
    public init(document: String, reason: String) {
        self.document = document
        self.reason = reason
    }

    /// One sentence.
    public var description: String { "\(document) cannot be used: \(reason)" }
}

extension DocumentError: ExitStatusProviding {
    /// Always `integrity`.
    public var exitStatus: ExitStatus { .integrity }
}
