public import Transport

/// Why a store did not do what it was asked to.
public struct StorageError: Error, Sendable, Equatable {
    /// What went wrong, as far as it changes what to do next.
    public enum Kind: Sendable, Equatable {
        case notFound
        case bucketMissing
        /// What is there is not what the precondition says: another writer was first.
        case preconditionFailed
        /// The credentials are good but may not do this.
        case permission
        /// The bucket's retention policy, or a hold on the object, keeps it from being replaced or deleted.
        case retained
        /// There are no credentials, or they are not accepted.
        case unauthenticated
        case throttled
        /// The server has a problem of its own; its status.
        case server(Int)
        /// Bytes are not what their checksum or size says.
        case integrity
        /// No whole answer from the server.
        case transport
        /// The request cannot be right: a bad name, a misused upload.
        case invalid
        /// An upload's session is gone and its first bytes are no longer here: the whole upload has to be begun again.
        case uploadLost
        /// The local file system refuses.
        case file
        /// Cancelled by the caller.
        case cancelled
    }

    public let kind: Kind
    /// What was tried: `finish upload of DATE/trades/…`.
    public let operation: String
    /// What came back and what to do next, without secrets.
    public let detail: String
    public let retryAdvice: RetryAdvice

    /// An error; without an advice of its own it gets that of its kind.
    public init(_ kind: Kind, operation: String, detail: String, retryAdvice: RetryAdvice? = nil) {
        self.kind = kind
        self.operation = operation
        self.detail = detail
        self.retryAdvice = retryAdvice ?? kind.usualAdvice
    }
}

extension StorageError: RetryClassified {}

extension StorageError: CustomStringConvertible {
    public var description: String { "\(operation): \(detail)" }
}

extension StorageError.Kind {
    fileprivate var usualAdvice: RetryAdvice {
        switch self {
        case .throttled, .server, .transport, .uploadLost: .backoff
        case .notFound, .bucketMissing, .preconditionFailed, .permission, .retained, .unauthenticated, .integrity,
            .invalid, .file,
            .cancelled:
            .never
        }
    }
}

extension StorageError {
    init(_ error: TransportError, operation: String) {
        self.init(
            error.kind == .cancelled ? .cancelled : .transport,
            operation: operation,
            detail: error.description,
            retryAdvice: error.retryAdvice
        )
    }
}
