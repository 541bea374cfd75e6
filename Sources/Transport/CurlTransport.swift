/// HTTP over libcurl: all transfers run on one thread of its own, what arrives is streamed with bounded memory.
///
/// Requests share HTTP/2 connections where TLS negotiates it. Proxies and the certificate file come from the environment
/// that is passed in (`https_proxy`, `no_proxy` …; `SSL_CERT_FILE`, `CURL_CA_BUNDLE`, `REQUESTS_CA_BUNDLE`), TLS is always
/// verified, and nothing is decoded. Call `shutdown` before the process ends.
public final class CurlTransport: HTTPTransport {
    private let loop: CurlLoop
    private let allowsInsecureEndpoints: Bool

    /// Starts the transport's thread. Requests that carry a key or token over plain HTTP to another machine are refused unless
    /// `allowsInsecureEndpoints`.
    public init(userAgent: String, environment: [String: String], allowsInsecureEndpoints: Bool = false) {
        self.allowsInsecureEndpoints = allowsInsecureEndpoints
        loop = CurlLoop(options: CurlOptions(userAgent: userAgent, environment: environment))
    }

    deinit {
        loop.stop()
    }

    /// Ends all transfers (`cancelled`) and returns when the thread has ended. Later requests fail.
    public func shutdown() async {
        await loop.stopAndJoin()
    }

    /// Sends the request and follows its redirects; see `HTTPTransport`.
    public func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        if request.url.lowercased().hasPrefix("file:") { return try FileSource.open(request) }
        var hop = request
        var left = request.redirects
        while true {
            let download = try await send(hop)
            guard request.redirects > 0, let next = try redirected(hop, by: download.head) else { return download }
            await Self.discard(download)
            guard left > 0 else {
                throw TransportError(
                    .redirect,
                    operation: "\(request.method) \(redactedURL(request.url))",
                    detail: "redirected more than \(request.redirects) times"
                )
            }
            left -= 1
            hop = next
        }
    }

    /// Sends one request and returns its answer, redirect or not.
    private func send(_ request: HTTPRequest) async throws -> HTTPDownload {
        if !allowsInsecureEndpoints { try request.checkSecrecy() }
        let transfer = CurlTransfer(request)
        let ending = CancellationToken(transfer: transfer, loop: loop)
        return try await withTaskCancellationHandler {
            guard loop.post(.start(transfer)) else { throw transfer.error(.cancelled, CurlDriver.shutDown) }
            let head = try await transfer.waitForHead()
            return HTTPDownload(
                head: head,
                next: { [loop] in
                    try await withTaskCancellationHandler {
                        switch try await transfer.read() {
                        case .end: return nil
                        case .bytes(let bytes, let wasPaused):
                            if wasPaused { loop.post(.resumeReceiving(transfer)) }
                            return bytes
                        }
                    } onCancel: {
                        ending.cancel()
                    }
                },
                cancel: { ending.cancel() }
            )
        } onCancel: {
            ending.cancel()
        }
    }

    /// Reads a redirect's body when it is short, so that the connection can be used again.
    private static func discard(_ download: HTTPDownload) async {
        var left = 64 << 10
        while left > 0, let bytes = try? await download.next() { left -= bytes.count }
        download.cancel()
    }
}

/// Ends a transfer from the caller's side: on demand, and when nobody holds its download any more.
private final class CancellationToken: Sendable {
    private let transfer: CurlTransfer
    private let loop: CurlLoop

    init(transfer: CurlTransfer, loop: CurlLoop) {
        self.transfer = transfer
        self.loop = loop
    }

    deinit {
        cancel()
    }

    func cancel() {
        end(.cancelled, "cancelled")
    }

    func end(_ kind: TransportError.Kind, _ detail: String) {
        if transfer.finish(.failure(transfer.error(kind, detail))) { loop.post(.drop(transfer)) }
    }
}
