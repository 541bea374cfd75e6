import CLibcurl

/// A parsed absolute http or https URL, by libcurl's own parser so that what is checked is what is sent.
struct URLParts: Equatable {
    /// Scheme, host and port, lower-case, with the scheme's default port filled in.
    let origin: String
    /// The whole URL.
    let text: String
    /// `http` or `https`, or whatever else the URL says.
    let scheme: String

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
        self.origin = "\(scheme)://\(host):\(port)"
    }
}
