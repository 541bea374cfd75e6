/// Why a request got no whole answer. A status code is not an error here: whoever knows the protocol decides that.
public struct TransportError: Error, Sendable, Equatable {
    /// What went wrong, as far as it changes what to do next.
    public enum Kind: Sendable, Equatable {
        /// The name did not resolve.
        case nameNotResolved
        /// No connection: refused, unreachable, timed out.
        case connect
        /// TLS failed. A certificate that cannot be verified is never worth a retry.
        case tls(certificate: Bool)
        /// Nothing moved for the stall time-out.
        case stalled
        /// The connection broke, or the body ended before its announced length.
        case broken
        /// The URL or the request itself cannot be sent.
        case invalid
        /// A `file://` source that cannot be read.
        case file
        /// The answer is longer than the caller allowed.
        case tooLarge
        /// Too many redirects, or one that cannot be followed.
        case redirect
        /// It would carry a token or key over plain HTTP to another machine.
        case insecure
        /// Cancelled by the caller.
        case cancelled
    }

    public let kind: Kind
    /// What was tried, without secrets: `GET https://host/path`.
    public let operation: String
    /// What came back, in a person's words.
    public let detail: String

    public init(_ kind: Kind, operation: String, detail: String) {
        self.kind = kind
        self.operation = operation
        self.detail = detail
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String { "\(operation): \(detail)" }
}

extension TransportError: RetryClassified {
    /// Broken, stalled and unreachable are tried again; what would be the same next time is not.
    public var retryAdvice: RetryAdvice {
        switch kind {
        case .nameNotResolved, .connect, .stalled, .broken, .tls(certificate: false): .backoff
        case .tls(certificate: true), .invalid, .file, .tooLarge, .redirect, .insecure,
            .cancelled:
            .never
        }
    }
}

/// The URL without its query, which may carry a signature or an upload id.
public func redactedURL(_ url: String) -> String {
    guard let mark = url.firstIndex(of: "?") else { return url }
    return url[..<mark] + "?…"
}
