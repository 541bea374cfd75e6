/// Which proxy a URL goes through, from an environment: the variables that curl and Python's requests know.
struct ProxySettings: Sendable, Equatable {
    private let forHTTPS: String
    private let forHTTP: String
    /// Hosts that are reached directly, in libcurl's form.
    let exceptions: String

    /// The metadata server is link-local: a proxy can never reach the right one.
    private static let neverProxied = "metadata.google.internal,169.254.169.254"

    init(environment: [String: String]) {
        func first(_ names: String...) -> String {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        }
        forHTTPS = first("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        // Not HTTP_PROXY: a CGI server fills that one from a request header, so curl does not read it either.
        forHTTP = first("http_proxy", "all_proxy", "ALL_PROXY")
        let named = first("no_proxy", "NO_PROXY")
        // A single star means everywhere; libcurl knows it only when it stands alone.
        exceptions = named.isEmpty ? Self.neverProxied : named == "*" ? "*" : named + "," + Self.neverProxied
    }

    /// The proxy's URL; empty for a direct connection (and, to libcurl, "do not look at the process environment").
    func proxy(for url: String) -> String {
        url.lowercased().hasPrefix("https:") ? forHTTPS : forHTTP
    }
}
