public import Transport

/// Why Tardis did not give what was asked for.
public struct TardisError: Error, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// 401: no key, a wrong one, an expired one, or one that does not cover the day.
        case unauthorized
        /// 403 with code 274: the key is in use from another address. A state that passes.
        case locked
        /// 403 otherwise: the edge refuses this client.
        case refused
        /// 400 with code 300: the symbol is not in the archive of this exchange.
        case notArchived
        /// 400 with code 140: there is no such file for this symbol, type and day.
        case notAvailable
        /// 404: rare, and a word of the edge rather than of the archive.
        case notFound
        /// Any other 400, and a 416 to a request for the rest of a file.
        case unexpected(status: Int)
        /// 429.
        case rateLimited
        /// 429 with a pause so long that the day's or month's quota must be gone.
        case quotaGone
        /// Any other status: 5xx, those of Tardis's front (520 to 530), and what nobody expects.
        case server(status: Int)
        /// The storage that Tardis redirected to refused the link: expired, or signed wrongly.
        case storage(status: Int)
        /// The transfer broke, and what came could not be continued: the file has to be begun again.
        case interrupted
        case transport
        /// An answer that is not what the API describes.
        case malformed
    }

    public let kind: Kind
    /// What was tried: `GET /v1/binance/trades/2023/05/23/BTCUSDT.csv.gz`.
    public let operation: String
    /// What came back, and what to do next.
    public let detail: String
    /// Whether another try may help, and when.
    public let retryAdvice: RetryAdvice

    /// Whether there is nothing to be had. After a 404 that is certain only if the catalogue does not list the file.
    public var isAbsence: Bool { [.notArchived, .notAvailable, .notFound].contains(kind) }

    init(_ kind: Kind, operation: String, detail: String, retryAdvice: RetryAdvice = .never) {
        self.kind = kind
        self.operation = operation
        self.detail = detail
        self.retryAdvice = retryAdvice
    }

    init(_ error: TransportError, operation: String) {
        self.init(.transport, operation: operation, detail: error.detail, retryAdvice: error.retryAdvice)
    }
}

extension TardisError: RetryClassified {}

extension TardisError: CustomStringConvertible {
    public var description: String { "\(operation): \(detail)" }
}
