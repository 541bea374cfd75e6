public import Transport

/// Tardis's two services: data sets and catalogue.
public struct TardisClient: Sendable {
    /// Where and how Tardis is asked.
    public struct Options: Sendable {
        /// The data sets' address, without `/v1`. `file:///dir` reads a folder in the same layout.
        public var datasetsURL = "https://datasets.tardis.dev"
        /// The API's address, with `/v1`.
        public var apiURL = "https://api.tardis.dev/v1"
        /// The key; nil asks for free days only.
        public var key: Secret?
        /// How long a transfer may stand still.
        public var stallTimeout = Duration.seconds(120)
        /// How often and how long a file is tried again while it makes no progress.
        public var retry = RetryPolicy(tries: 8, budget: .seconds(1800), base: .seconds(1), cap: .seconds(60))
        /// How long the client waits, in all, for a key that is in use elsewhere.
        public var lockBudget = Duration.seconds(4 * 3600)

        public init() {}
    }

    let options: Options
    let transport: any HTTPTransport
    let clock: ToolClock
    let onWait: @Sendable (TardisError, Duration) -> Void
    let lock: KeyLock

    /// A client. `now` gives seconds since 1970; `onWait` hears of each pause before another try.
    public init(
        options: Options,
        transport: any HTTPTransport,
        clock: ToolClock = .system,
        onWait: @escaping @Sendable (TardisError, Duration) -> Void = { _, _ in }
    ) {
        self.options = options
        self.transport = transport
        self.clock = clock
        self.onWait = onWait
        lock = KeyLock()
    }

    /// Whether there is a key to ask with.
    public var hasKey: Bool { options.key != nil }

    /// Begins the download of a file; returns when its first byte can be read. `attempt` is 1, and one more each time that the
    /// caller begins the same file again. Throws `TardisError`.
    public func download(_ dataset: Dataset, attempt: Int = 1) async throws -> DatasetDownload {
        let download = DatasetDownload(client: self, dataset: dataset, attempt: attempt)
        try await download.open()
        return download
    }

    /// Asks once for a file, from byte `offset` on. Throws `TardisError` for anything but data.
    func request(_ dataset: Dataset, attempt: Int, range: (offset: Int64, validator: String)?) async throws
        -> HTTPDownload
    {
        let operation = "GET \(dataset.path)"
        var headers: HTTPHeaders = ["Accept-Encoding": "gzip"]
        let key = dataset.isFree ? nil : options.key
        if let key { headers["Authorization"] = "Bearer \(key.reveal())" }
        if let range {
            headers["Range"] = "bytes=\(range.offset)-"
            headers["If-Range"] = range.validator
        }
        // A further try under another URL steps round a broken copy in the edge's cache.
        let isFile = options.datasetsURL.hasPrefix("file:")
        let suffix = attempt > 1 && !isFile ? "?retryAttempt=\(attempt - 1)" : ""
        var request = HTTPRequest(
            "GET",
            options.datasetsURL + dataset.path + suffix,
            headers: headers,
            stallTimeout: options.stallTimeout
        )
        request.ownConnection = true
        let download: HTTPDownload
        do {
            download = try await transport.download(request)
        } catch let error as TransportError {
            throw TardisError(error, operation: operation)
        }
        if download.head.status == 200 || download.head.status == 206 { return download }
        let body = await Self.body(of: download)
        let isRedirected = !isFile && !haveSameOrigin(download.head.url, request.url)
        throw ResponseClassifier(
            operation: operation,
            hasKey: key != nil,
            now: clock.epochSeconds(),
            isRedirected: isRedirected
        )
        .error(status: download.head.status, headers: download.head.headers, body: body)
    }

    /// The beginning of an error's body; errors while reading it do not matter.
    private static func body(of download: HTTPDownload) async -> [UInt8] {
        var body: [UInt8] = []
        while body.count < 64 << 10, let piece = try? await download.next() { body += piece }
        download.cancel()
        return body
    }
}
