import CLibcurl

/// A parsed absolute http or https URL, by libcurl's own parser so that what is checked is what is sent.
struct URLParts: Equatable {
    /// Scheme, host and port, lower-case, with the scheme's default port filled in.
    let origin: String
    let text: String
    /// `http` or `https`, or whatever else the URL says.
    let scheme: String
    /// Lower-case; an IPv6 address stands in brackets.
    let host: String

    /// Parses `url`, or resolves it against `base` when it is relative; nil when it is no URL.
    init?(_ url: String, relativeTo base: String? = nil) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        let nonSupported = UInt32(CURLU_NON_SUPPORT_SCHEME)
        if let base, curl_url_set(handle, CURLUPART_URL, base, nonSupported) != CURLUE_OK { return nil }
        guard curl_url_set(handle, CURLUPART_URL, url, nonSupported) == CURLUE_OK else { return nil }

        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), let text = part(CURLUPART_URL) else { return nil }
        let host = part(CURLUPART_HOST)?.lowercased() ?? ""
        let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)) ?? ""
        self.scheme = scheme
        self.text = text
        self.host = host
        self.origin = "\(scheme)://\(host):\(port)"
    }

    /// Whether the host is this machine: `localhost` and names under it (RFC 6761, 6.3), 127.0.0.0/8, `::1`.
    var isLoopback: Bool { Self.isLoopback(host) }

    static func isLoopback(_ host: String) -> Bool {
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}

/// Whether two URLs have the same scheme, host and port; false for what is no URL.
public func haveSameOrigin(_ first: String, _ second: String) -> Bool {
    guard let first = URLParts(first), let second = URLParts(second) else { return false }
    return first.origin == second.origin
}

/// Whether the URL's host is this machine; false for what is no URL.
public func isLoopbackURL(_ url: String) -> Bool { URLParts(url)?.isLoopback ?? false }
