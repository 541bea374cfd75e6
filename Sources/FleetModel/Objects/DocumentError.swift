public import Console

/// A plan or heartbeat that cannot be read.
public struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which one: "the plan".
    public let document: String
    public let reason: String

    public init(document: String, reason: String) {
        self.document = document
        self.reason = reason
    }

    public var description: String { "\(document) cannot be used: \(reason)" }
}

extension DocumentError: ExitStatusProviding {
    /// Always `integrity`.
    public var exitStatus: ExitStatus { .integrity }
}
