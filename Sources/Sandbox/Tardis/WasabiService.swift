import Synchronization

/// The storage behind Tardis: serves pre-signed links only, and refuses a request that also carries `Authorization`.
public final class WasabiService: SandboxService {
    /// Answers a request for one file.
    typealias Source = @Sendable (ServedRequest) throws -> ServedResponse

    private struct State {
        var base = ""
        var bases: [String: String] = [:]
        var links: [String: Source] = [:]
    }

    /// `wasabi`.
    public let name = "wasabi"
    private let state = Mutex(State())

    /// Makes the service; `setBase` tells it where it is served.
    public init() {}

    /// Scheme, host and port that its links begin with.
    public func setBase(_ url: String) {
        state.withLock { $0.base = url }
    }

    /// Links for those who came to Tardis by another address begin with this one; nil takes it back.
    func setBase(_ url: String?, forThoseAt tardis: String) {
        state.withLock { $0.bases[tardis] = url }
    }

    func presignedURL(for path: String, requestedAt tardis: String, _ source: @escaping Source) -> String {
        let signature = hex(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) })
        let target =
            "/tardis-datasets/v1/\(PercentCoding.encode(path, keeping: "/"))"
            + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=\(signature)"
        return state.withLock { state in
            state.links[target] = source
            return (state.bases[tardis] ?? state.base) + target
        }
    }

    /// An error in S3's XML form.
    public func refusal(
        status: Int,
        message: String,
        reason: String?,
        code: Int?,
        retryAfterSeconds: Int?
    ) -> ServedResponse {
        xml(status, status == 503 ? "SlowDown" : "InternalError", message)
    }

    /// Answers one request.
    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        guard request.headers["Authorization"] == nil else {
            exchange.violations.append("Authorization was sent to another host by a redirect")
            return xml(400, "InvalidArgument", "Only one auth mechanism allowed; a key was sent with a pre-signed link")
        }
        guard request.method == "GET", let source = state.withLock({ $0.links[request.target] }) else {
            return xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        }
        return try source(request)
    }

    private func xml(_ status: Int, _ code: String, _ message: String) -> ServedResponse {
        .text(
            "<Error><Code>\(code)</Code><Message>\(message)</Message></Error>",
            type: "application/xml",
            status: status
        )
    }
}
