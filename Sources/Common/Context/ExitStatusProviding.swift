public import Console
public import GoogleCloud
public import Tardis
public import Transport

extension TransportError: ExitStatusProviding {
    /// `temporary` when another try may help.
    public var exitStatus: ExitStatus {
        kind == .insecure ? .usage : retryAdvice == .never ? .failed : .temporary
    }
}

extension TardisError: ExitStatusProviding {
    /// Credentials, absence, a passing trouble, or a plain failure.
    public var exitStatus: ExitStatus {
        switch kind {
        case .unauthorized, .refused: .credentials
        case .notArchived, .notAvailable, .notFound: .incomplete
        case .locked, .rateLimited, .quotaGone, .server, .storage, .interrupted: .temporary
        case .transport: retryAdvice == .never ? .failed : .temporary
        case .unexpected, .malformed: .failed
        }
    }
}

extension StorageError: ExitStatusProviding {
    /// Credentials or permission, a passing trouble, damaged bytes, or a plain failure.
    public var exitStatus: ExitStatus {
        switch kind {
        case .permission, .unauthenticated: .credentials
        case .throttled, .server, .uploadLost: .temporary
        case .transport: retryAdvice == .never ? .failed : .temporary
        case .integrity: .integrity
        case .notFound, .bucketMissing, .preconditionFailed, .retained, .invalid, .file, .cancelled: .failed
        }
    }
}

extension GoogleAPIError: ExitStatusProviding {
    /// Credentials or permission, a passing trouble, or a plain failure.
    public var exitStatus: ExitStatus {
        switch kind {
        case .permission, .unauthenticated, .policy: .credentials
        case .quota, .stockOut, .rateLimited, .server, .conflict: .temporary
        case .transport: retryAdvice == .never ? .failed : .temporary
        case .notFound, .alreadyExists, .apiDisabled, .preconditionFailed, .invalid, .malformed: .failed
        }
    }
}

extension CredentialError: ExitStatusProviding {
    /// `temporary` when the token service is in trouble, otherwise `credentials`.
    public var exitStatus: ExitStatus { kind == .unavailable ? .temporary : .credentials }
}

/// The status for any error: its own, `temporary` when it is worth another try, otherwise `failed`.
public func exitStatus(of error: any Error) -> ExitStatus {
    if let known = error as? any ExitStatusProviding { return known.exitStatus }
    if let classified = error as? any RetryClassified, classified.retryAdvice != .never { return .temporary }
    return .failed
}
