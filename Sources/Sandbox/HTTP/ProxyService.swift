import Text

/// A proxy that forwards nothing: it records what comes, and refuses it.
///
/// Nothing of the sandbox is behind it, so that a request which names this machine should not have come here: it is noted as a breach.
public final class ProxyService: SandboxService {
    /// `proxy`.
    public let name = "proxy"

    public init() {}

    /// An error of the proxy's own.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        .text("\(told.message)\n", status: told.status)
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let host = Self.host(of: exchange.request.target)
        if host == "localhost" || host == "[::1]" || host.hasPrefix("127.") {
            exchange.violations.append("a request to this machine, \(host), went through the proxy")
        }
        return .text("The sandbox's proxy forwards nothing.\n", status: 403)
    }

    /// The host of `http://HOST:PORT/…`, or of `HOST:PORT` as CONNECT has it.
    static func host(of target: String) -> String {
        var rest = target[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        if authority.hasPrefix("[") { return String(authority.prefix { $0 != "]" }) + "]" }
        return authority.prefix { $0 != ":" }.lowercased()
    }
}
