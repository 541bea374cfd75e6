import Transport

/// The bytes of one file as they arrive. A broken transfer goes on where it broke if the server can do that and the file is
/// still the same; otherwise `next` throws `interrupted`, and the file has to be begun again. One reader at a time.
public actor DatasetDownload {
    private let client: TardisClient
    private let dataset: Dataset
    private var current: HTTPDownload?
    private var attempt: Int
    private var received: Int64 = 0
    private var total: Int64?
    private var validator: String?
    private var retries: RetryState
    private var retriesBegan: Duration
    private var receivedAtFailure: Int64 = 0
    private var lockedFor = Duration.zero

    /// Progress after which earlier failures no longer count.
    private static let progress: Int64 = 256 << 10

    init(client: TardisClient, dataset: Dataset, attempt: Int) {
        self.attempt = attempt - 1
        self.client = client
        self.dataset = dataset
        retries = RetryState(client.options.retry)
        retriesBegan = client.clock.monotonic()
    }

    /// Bytes of the whole file, if the server said.
    public var size: Int64? { total }
    /// Whether the transport can tell an end from a break: the length was announced, or the body comes in chunks. Otherwise the
    /// end of the connection is the end of the body, whatever broke it.
    public private(set) var endIsProven = false
    /// The server's ETag of the file, if it gave one.
    public private(set) var etag: String?

    private nonisolated var operation: String { "GET \(dataset.path)" }

    /// The next bytes, nil after the last. Throws `TardisError`.
    public func next() async throws -> [UInt8]? {
        while true {
            if let current {
                do {
                    if let piece = try await current.next() {
                        received += Int64(piece.count)
                        return piece
                    }
                    try checkLength()
                    return nil
                } catch let error as TransportError {
                    self.current = nil
                    // Broken behind the last byte: nothing is missing.
                    if let total, received == total { return nil }
                    try await pause(after: TardisError(error, operation: operation))
                }
            }
            try await open()
        }
    }

    public func cancel() {
        current?.cancel()
    }

    /// Asks for what is missing, with pauses between the tries.
    func open() async throws {
        while true {
            do {
                try await client.lock.wait(client.clock)
                attempt += 1
                try await ask()
                if !dataset.isFree { await client.lock.succeeded() }
                return
            } catch let error as TardisError {
                try await pause(after: error)
            }
        }
    }

    private func ask() async throws {
        var range: (offset: Int64, validator: String)?
        if received > 0 {
            guard let validator else {
                throw interrupted("the transfer broke after \(received) bytes and cannot be continued")
            }
            range = (received, validator)
        }
        let answer: HTTPDownload
        do {
            answer = try await client.request(dataset, attempt: attempt, range: range)
        } catch let error as TardisError where error.kind == .unexpected(status: 416) {
            throw interrupted("the transfer broke after \(received) bytes, and the file is not longer than that now")
        }
        let headers = answer.head.headers
        if range == nil {
            etag = headers["ETag"]
            endIsProven =
                headers["Content-Length"] != nil
                || headers["Transfer-Encoding"]?.lowercased().contains("chunked") == true
            validator = headers["Accept-Ranges"] == "bytes" ? strongValidator(headers) : nil
            total = headers["Content-Length"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
        } else if answer.head.status != 206 || start(of: headers["Content-Range"]) != received {
            answer.cancel()
            throw interrupted("the transfer broke after \(received) bytes and the server does not continue it")
        }
        current = answer
    }

    /// The error of a file that must be begun again.
    public nonisolated func interrupted(_ detail: String) -> TardisError {
        TardisError(.interrupted, operation: operation, detail: detail, retryAdvice: .backoff)
    }

    /// A weak ETag does not promise the same bytes (RFC 9110, 13.1.5).
    private func strongValidator(_ headers: HTTPHeaders) -> String? {
        if let etag = headers["ETag"], !etag.hasPrefix("W/") { return etag }
        return headers["Last-Modified"]
    }

    /// The first byte's number in `bytes 5-9/10`.
    private func start(of contentRange: String?) -> Int64? {
        guard let contentRange, contentRange.hasPrefix("bytes ") else { return nil }
        return contentRange.dropFirst(6).split(separator: "-").first.flatMap { Int64($0) }
    }

    private func checkLength() throws {
        guard let total, total != received else { return }
        throw interrupted("\(received) bytes came where \(total) were announced")
    }

    /// Waits as the error advises, or throws it.
    private func pause(after error: TardisError) async throws {
        guard error.kind != .interrupted else { throw error }
        if error.kind == .locked, case .after(let pause) = error.retryAdvice {
            let wait = await client.lock.note(pause, now: client.clock.monotonic())
            lockedFor += wait
            guard lockedFor <= client.options.lockBudget else { throw error }
            client.onWait(error, wait)
            return
        }
        if received - receivedAtFailure >= Self.progress {
            retries = RetryState(client.options.retry)
            retriesBegan = client.clock.monotonic()
        }
        receivedAtFailure = received
        let elapsed = client.clock.monotonic() - retriesBegan
        switch retries.failed(advice: error.retryAdvice, elapsed: elapsed, random: client.clock.uniform) {
        case .giveUp: throw error
        case .retry(let pause):
            client.onWait(error, pause)
            try await client.clock.sleep(pause)
        }
    }
}
