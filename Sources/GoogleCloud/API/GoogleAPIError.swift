public import Transport

/// Why one of Google's services did not do what it was asked to.
public struct GoogleAPIError: Error, Sendable, Equatable {
    /// What went wrong, as far as it changes what to do next.
    public enum Kind: Sendable, Equatable {
        case notFound
        /// A resource of that name is there already.
        case alreadyExists
        /// Someone else changed it meanwhile: read again, then write.
        case conflict
        /// The credentials are good but may not do this.
        case permission
        /// The project has not enabled the service.
        case apiDisabled
        /// There are no credentials, or they are not accepted.
        case unauthenticated
        /// A limit of the project is reached, which waiting does not change.
        case quota
        /// There is no capacity for it where it was asked for, but maybe elsewhere; asking again here changes nothing.
        case stockOut
        /// The organisation's policy forbids it; the constraint is named in the detail.
        case policy
        case rateLimited
        /// The fingerprint or ETag is not the present one.
        case preconditionFailed
        /// The server has a problem of its own; its status.
        case server(Int)
        /// No whole answer from the server.
        case transport
        /// The service does not take such a request, or not now.
        case invalid
        /// The answer is not what the service's description promises.
        case malformed
    }

    public let kind: Kind
    /// What was tried: `create 60 VMs in asia-northeast1-a`.
    public let operation: String
    /// What came back and what to do next, without secrets.
    public let detail: String
    /// The permission that was missing, for `permission`: `compute.instances.create`.
    public let permission: String?
    /// Whether another try of the same may help.
    public let retryAdvice: RetryAdvice

    public init(
        _ kind: Kind,
        operation: String,
        detail: String,
        permission: String? = nil,
        retryAdvice: RetryAdvice? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.detail = detail
        self.permission = permission
        switch kind {
        case .rateLimited, .server, .transport: self.retryAdvice = retryAdvice ?? .backoff
        default: self.retryAdvice = retryAdvice ?? .never
        }
    }
}

extension GoogleAPIError: RetryClassified {}

extension GoogleAPIError: CustomStringConvertible {
    public var description: String { "cannot \(operation): \(detail)" }
}
