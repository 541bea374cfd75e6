public import Transport

/// Why there is no token. The detail says what was looked at and what to do next.
public struct CredentialError: Error, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// No source has credentials.
        case notFound
        /// A named file cannot be read.
        case unreadable
        /// A file or an answer is not what it should be.
        case malformed
        /// The token service does not accept the credentials.
        case refused
        /// The token service cannot be reached, or has a problem of its own.
        case unavailable
    }

    public let kind: Kind
    /// What, and what to do next; without secrets.
    public let detail: String
    public let retryAdvice: RetryAdvice

    init(_ kind: Kind, _ detail: String, retryAdvice: RetryAdvice = .never) {
        self.kind = kind
        self.detail = detail
        self.retryAdvice = retryAdvice
    }
}

extension CredentialError: RetryClassified {}

extension CredentialError: CustomStringConvertible {
    public var description: String { detail }
}
