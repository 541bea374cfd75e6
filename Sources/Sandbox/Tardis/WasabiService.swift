import Synchronization
import Text

/// The storage behind Tardis: serves pre-signed links only, and refuses a request that also carries `Authorization`.
public final class WasabiService: SandboxService {
    /// Answers a request for one file.
    typealias Source = @Sendable (ServedRequest) throws -> ServedResponse

    private struct Link {
        let source: Source
        /// When it ends, in seconds since 1970.
        let expires: Int
    }

    private struct State {
        var base = ""
        var bases: [String: String] = [:]
        var links: [String: Link] = [:]
    }

    /// `wasabi`.
    public let name = "wasabi"
    private let state = Mutex(State())
    private let now: @Sendable () -> Int
    private let linkLifetimeSeconds: Int

    /// Makes the service; `setBase` tells it where it is served. The clock counts seconds since 1970.
    public init(linkLifetimeSeconds: Int = 300, now: @escaping @Sendable () -> Int = { Clock.seconds() }) {
        self.linkLifetimeSeconds = linkLifetimeSeconds
        self.now = now
    }

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
            "/tardis-datasets/v1/\(percentEncoded(path, keeping: "/"))"
            + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=\(linkLifetimeSeconds)&X-Amz-SignedHeaders=host"
            + "&X-Amz-Signature=\(signature)"
        let link = Link(source: source, expires: now() + linkLifetimeSeconds)
        return state.withLock { state in
            state.links[target] = link
            return (state.bases[tardis] ?? state.base) + target
        }
    }

    /// An error in S3's XML form.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        let usual = [403: "AccessDenied", 404: "NoSuchKey", 503: "SlowDown"]
        return xml(told.status, told.reason ?? usual[told.status] ?? "InternalError", told.message)
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        guard request.headers["Authorization"] == nil else {
            exchange.violations.append("Authorization was sent to another host by a redirect")
            return xml(400, "InvalidArgument", "Only one auth mechanism allowed; a key was sent with a pre-signed link")
        }
        guard request.method == "GET", let link = state.withLock({ $0.links[request.target] }) else {
            return xml(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method."
            )
        }
        guard now() < link.expires else {
            let times =
                "<X-Amz-Expires>\(linkLifetimeSeconds)</X-Amz-Expires><Expires>\(Clock.rfc3339(link.expires * 1_000_000))"
                + "</Expires><ServerTime>\(Clock.rfc3339(now() * 1_000_000))</ServerTime>"
            return xml(403, "AccessDenied", "Request has expired", more: times)
        }
        return try link.source(request)
    }

    private func xml(_ status: Int, _ code: String, _ message: String, more: String = "") -> ServedResponse {
        .text(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code><Message>\(message)</Message>\(more)"
                + "<RequestId>5A0B1C2D3E4F5061</RequestId></Error>",
            type: "application/xml",
            status: status
        )
    }
}
