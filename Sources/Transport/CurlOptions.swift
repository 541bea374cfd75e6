import CLibcurl

/// What all transfers of one transport have in common, and how a request becomes libcurl options.
struct CurlOptions: Sendable {
    let userAgent: String
    let proxies: ProxySettings
    let certificates: String?

    /// Bytes that libcurl reads from a socket at once, and writes at once: its defaults (16 and 64 KiB) cost system calls.
    private static let socketBufferBytes = 256 << 10

    init(userAgent: String, environment: [String: String]) {
        self.userAgent = userAgent
        self.proxies = ProxySettings(environment: environment)
        self.certificates = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
    }

    /// Sets everything but the callbacks on `easy`; returns the header list, which must live as long as the transfer.
    func apply(
        _ request: HTTPRequest,
        to easy: UnsafeMutableRawPointer
    ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
        let operation = "\(request.method) \(redactedURL(request.url))"
        func check(_ code: CURLcode, _ what: String) throws(TransportError) {
            guard code == CURLE_OK else {
                throw TransportError(.invalid, operation: operation, detail: "libcurl refuses \(what)")
            }
        }
        func set(_ option: CURLoption, _ value: Int, _ what: String) throws(TransportError) {
            try check(tick_curl_set_long(easy, option, value), what)
        }
        func set(_ option: CURLoption, _ value: String, _ what: String) throws(TransportError) {
            try check(tick_curl_set_string(easy, option, value), what)
        }

        try set(CURLOPT_URL, request.url, "the URL")
        try check(tick_curl_allow_http_only(easy), "the protocols")
        try set(CURLOPT_USERAGENT, userAgent, "the user agent")
        try set(CURLOPT_NOSIGNAL, 1, "threads")
        try set(CURLOPT_FOLLOWLOCATION, 0, "redirects")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1, "proxy headers")
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.milliseconds), "the connect time-out")
        try set(CURLOPT_TCP_KEEPALIVE, 1, "keep-alive")
        try set(CURLOPT_BUFFERSIZE, Self.socketBufferBytes, "the buffer size")
        try set(CURLOPT_UPLOAD_BUFFERSIZE, Self.socketBufferBytes, "the upload buffer size")
        try set(CURLOPT_PROXY, proxies.proxy(for: request.url), "the proxy")
        try set(CURLOPT_NOPROXY, proxies.exceptions, "the proxy exceptions")
        try set(CURLOPT_SSL_VERIFYPEER, 1, "TLS verification")
        try set(CURLOPT_SSL_VERIFYHOST, 2, "TLS host verification")
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2), "TLS 1.2")
        if let certificates { try set(CURLOPT_CAINFO, certificates, "the certificate file") }

        let ownConnection = request.ownConnection || request.exceedsWindow
        let version = ownConnection ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS
        try set(CURLOPT_HTTP_VERSION, Int(version), "the HTTP version")
        // Requests made together share the first connection instead of opening one each before HTTP/2 is negotiated.
        let waitsForConnection = !ownConnection && request.url.lowercased().hasPrefix("https:")
        try set(CURLOPT_PIPEWAIT, waitsForConnection ? 1 : 0, "multiplexing")

        switch (request.method, request.sentLength) {
        case ("HEAD", _):
            try set(CURLOPT_NOBODY, 1, "HEAD")
        case (_, let length?):
            try set(CURLOPT_UPLOAD, 1, "a body")
            try check(tick_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length)), "the body's length")
            try set(CURLOPT_CUSTOMREQUEST, request.method, "the method")
        default:
            try set(CURLOPT_CUSTOMREQUEST, request.method, "the method")
        }
        let list = try headerList(request, operation: operation)
        try check(tick_curl_set_list(easy, CURLOPT_HTTPHEADER, list), "the headers")
        return list
    }

    private func headerList(
        _ request: HTTPRequest,
        operation: String
    ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
        // libcurl would wait a second for an answer to "Expect: 100-continue" that many servers never give.
        var lines = ["Expect:"]
        for field in request.headers.fields {
            let name = field.name.lowercased()
            if name == "content-length" || name == "transfer-encoding" { continue }
            guard !field.name.isEmpty, (field.name + field.value).utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 })
            else {
                throw TransportError(.invalid, operation: operation, detail: "header \(name) has a control character")
            }
            // To libcurl "Name:" means "leave it out"; "Name;" sends it empty.
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw TransportError(.invalid, operation: operation, detail: "no memory for the headers")
            }
            list = longer
        }
        return list
    }
}

extension HTTPRequest {
    /// Whether the body is longer than what HTTP/2 lets a client send before the server grants more. libcurl 7.88, that of Debian
    /// 12, takes all of a core while it waits for that (curl/curl#10618).
    var exceedsWindow: Bool { sentLength.map { $0 > 65_535 } ?? false }

    /// The length of the body that is sent, nil when the request has no body at all.
    fileprivate var sentLength: Int64? {
        switch body {
        case .bytes(let bytes): Int64(bytes.count)
        // These say "Content-Length: 0" rather than nothing: servers ask for it (411).
        case .none: ["POST", "PUT", "PATCH"].contains(method) ? 0 : nil
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
