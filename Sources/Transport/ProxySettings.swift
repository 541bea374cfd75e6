/// Which proxy a URL goes through, from an environment: the variables that curl and Python's requests know.
struct ProxySettings: Sendable, Equatable {
    private let forHTTPS: String
    private let forHTTP: String
    private let directHosts: Set<String>
    /// `no_proxy` as it is set; libcurl reads it as curl does.
    let exceptions: String

    /// The metadata server is link-local: a proxy can never reach the right one.
    static let metadataHosts: Set<String> = ["metadata.google.internal", "metadata", "169.254.169.254"]

    init(environment: [String: String]) {
        func first(_ names: String...) -> String {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        }
        forHTTPS = first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        // Not HTTP_PROXY: a CGI server fills that one from a request header, so curl does not read it either.
        forHTTP = first("http_proxy", "all_proxy", "ALL_PROXY")
        exceptions = first("no_proxy", "NO_PROXY")
        let named = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"].compactMap { name in
            environment[name].flatMap { URLParts("http://\($0)") }?.host
        }
        directHosts = Self.metadataHosts.union(named)
    }

    /// The first variable whose value is no proxy's address (`[SCHEME://][USER:PASSWORD@]HOST[:PORT]`); nil when all are.
    static func malformed(in environment: [String: String]) -> String? {
        ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"].first { name in
            guard let value = environment[name], !value.isEmpty else { return false }
            let url = value.contains("://") ? value : "http://" + value
            guard let parts = URLParts(url), !parts.host.isEmpty, !value.hasSuffix(":") else { return true }
            return !["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(parts.scheme)
        }
    }

    /// The text without the user names and passwords of the proxies, which libcurl quotes when it refuses one.
    func redacted(_ text: String) -> String {
        [forHTTPS, forHTTP].reduce(text) { text, proxy in
            guard let at = proxy.lastIndex(of: "@") else { return text }
            let start = proxy.firstRange(of: "://")?.upperBound ?? proxy.startIndex
            guard start < at else { return text }
            return text.replacing(proxy[start..<at], with: "<redacted>")
        }
    }

    /// The proxy's URL; empty for a direct connection (and, to libcurl, "do not look at the process environment"). This
    /// machine and the metadata server are never asked through a proxy, which would reach another machine's.
    func proxy(for url: String) -> String {
        guard let parts = URLParts(url) else { return "" }
        if parts.isLoopback || directHosts.contains(parts.host) { return "" }
        return parts.scheme == "https" ? forHTTPS : forHTTP
    }
}

/// The variable of the environment whose value is no proxy's address; nil when there is none.
public func malformedProxy(in environment: [String: String]) -> String? { ProxySettings.malformed(in: environment) }
