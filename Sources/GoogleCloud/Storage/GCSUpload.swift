import Transport

/// An upload to Cloud Storage: carries out what `ResumableUpload` decides.
actor GCSUpload: ObjectUpload {
    private let store: GCSStore
    private let name: String
    private let options: PutOptions
    private var upload: ResumableUpload
    private var crc = CRC32C()
    /// The session's address: whoever knows it may write.
    private var session: Secret?
    private var written: ObjectInfo?
    private var hasEnded = false

    private var retry: RetryState
    private var retrySince: Duration
    private var retryBase: Int64 = 0
    private var lastError: StorageError

    init(store: GCSStore, name: String, options: PutOptions, chunkBytes: Int) {
        self.store = store
        self.name = name
        self.options = options
        upload = ResumableUpload(chunkBytes: chunkBytes)
        retry = RetryState(store.client.api.policy)
        retrySince = store.client.api.clock.monotonic()
        lastError = StorageError(.transport, operation: "upload \(name)", detail: "the server makes no progress")
    }

    private var operation: String { "upload \(name)" }

    var content: (size: Int64, crc32c: UInt32) { (upload.total, crc.value) }

    func write(_ bytes: [UInt8]) async throws {
        guard !hasEnded else { throw StorageError.uploadHasEnded(name) }
        var rest = bytes[...]
        while !rest.isEmpty {
            if upload.isFull { try await carryOut(upload.flush()) }
            let taken = upload.take(rest)
            crc.update(rest.prefix(taken))
            rest = rest.dropFirst(taken)
        }
    }

    func finish(adding metadata: [String: String]) async throws -> ObjectInfo {
        guard !hasEnded else { throw StorageError.uploadHasEnded(name) }
        hasEnded = true
        let action = upload.end()
        if action == .sendWhole {
            // All in one request, so that the object never is without its metadata.
            let bytes = Array(upload.bytes(0..<upload.total))
            return try await store.put(name, bytes, crc: crc.value, options: options.adding(metadata))
        }
        try await carryOut(action)
        guard let written else { throw lastError }
        session = nil
        let info = try await store.checked(written, size: upload.total, crc: crc.value, operation: operation)
        if metadata.isEmpty { return info }
        // All of it, although the service keeps what a patch does not name: some emulators replace the whole map.
        return try await store.patch(
            name,
            metadata: options.adding(metadata).metadata.mapValues { $0 },
            generation: info.generation,
            metageneration: info.metageneration
        )
    }

    func abort() async {
        hasEnded = true
        guard let session else { return }
        self.session = nil
        let client = store.client
        let operation = operation
        // A task of its own: abort is called by those who have been cancelled, and their requests would be, too.
        // The answer to a cancelled session is 499; if this fails, the session ends by itself after a week.
        await Task {
            let request = HTTPRequest("DELETE", session.reveal(), redirects: 0, stallTimeout: .seconds(10))
            _ = try? await client.plain(request, operation: operation)
        }.value
    }

    // MARK: Carrying out

    private func carryOut(_ first: ResumableUpload.Action) async throws {
        var action = first
        while true {
            switch action {
            case .takeMore, .sendWhole, .finished:
                return
            case .open:
                action = upload.handle(try await open())
            case .send(let range, let total):
                let end = range.upperBound - 1
                let event = try await send(
                    Array(upload.bytes(range)),
                    contentRange: "bytes \(range.lowerBound)-\(end)/\(total.map { "\($0)" } ?? "*")",
                    isLast: total != nil
                )
                action = upload.handle(event)
            case .query(let total):
                let event = try await send(
                    [],
                    contentRange: "bytes */\(total.map { "\($0)" } ?? "*")",
                    isLast: total != nil
                )
                action = upload.handle(event)
            case .pause:
                try await pause()
                action = upload.handle(.resumed)
            case .compare(let otherwise):
                written = try await store.ownWork(name, size: upload.total, crc: crc.value, options: options)
                if written == nil { throw error(otherwise) }
                return
            case .fail(let failure):
                throw error(failure)
            }
        }
    }

    private func open() async throws -> ResumableUpload.Event {
        let client = store.client
        let request = HTTPRequest(
            "POST",
            client.uploadURL("resumable", name, options.precondition),
            headers: [
                "Content-Type": "application/json; charset=UTF-8", "X-Upload-Content-Type": options.contentType,
            ],
            body: .bytes(try encodeJSON(NewObject(name: name, options: options), operation: operation))
        )
        do {
            let response = try await client.retrying(operation) { _ in
                try await client.once(request, operation: operation, accepted: [200, 201], missing: .bucketMissing)
            }
            guard let address = response.head.headers["Location"] else {
                throw StorageError(.server(response.status), operation: operation, detail: "the session has no address")
            }
            session = Secret(address)
            return .opened
        } catch let error as StorageError where error.kind == .preconditionFailed {
            return .conflict
        }
    }

    private func send(_ bytes: [UInt8], contentRange: String, isLast: Bool) async throws -> ResumableUpload.Event {
        guard let session else { return .gone }
        var headers: HTTPHeaders = ["Content-Range": contentRange]
        if isLast { headers["X-Goog-Hash"] = "crc32c=\(CRC32C.base64(crc.value))" }
        // The session's address is the permission; a token would only be one more thing to expire.
        let request = HTTPRequest(
            "PUT",
            session.reveal(),
            headers: headers,
            body: .bytes(bytes),
            redirects: 0,
            ownConnection: true
        )
        do {
            let response = try await store.client.plain(request, operation: operation)
            switch response.status {
            case 200, 201:
                written = try decodeObject(response, operation: operation)
                return .complete
            case 308: return .kept(upTo: try keptBytes(response))
            case 404, 410: return .gone
            case 412: return .conflict
            default:
                let now = store.client.api.clock.epochSeconds()
                throw StorageError(response, operation: operation, missing: .uploadLost, now: now)
            }
        } catch let error as StorageError where error.retryAdvice != .never {
            lastError = error
            return .interrupted
        }
    }

    /// Reads `Range: bytes=0-LAST`; without it nothing is kept.
    private func keptBytes(_ response: HTTPResponse) throws(StorageError) -> Int64 {
        guard let range = response.head.headers["Range"] else { return 0 }
        guard range.hasPrefix("bytes=0-"), let last = Int64(range.dropFirst("bytes=0-".count)),
            (0..<Int64.max).contains(last)
        else {
            throw error(.contradiction)
        }
        return last + 1
    }

    /// Waits before the next try; progress since the last pause gives all tries back.
    private func pause() async throws {
        let clock = store.client.api.clock
        if upload.base > retryBase {
            retryBase = upload.base
            retry = RetryState(store.client.api.policy)
            retrySince = clock.monotonic()
        } else if retry.failures == 0 {
            retrySince = clock.monotonic()
        }
        let elapsed = clock.monotonic() - retrySince
        switch retry.failed(advice: lastError.retryAdvice, elapsed: elapsed, random: clock.uniform) {
        case .giveUp: throw lastError
        case .retry(let pause):
            store.client.api.onRetry(lastError, pause)
            do {
                try await clock.sleep(pause)
            } catch {
                throw StorageError(.cancelled, operation: operation, detail: "cancelled")
            }
        }
    }

    private func error(_ failure: ResumableUpload.Failure) -> StorageError {
        switch failure {
        case .conflict: .conflict(operation)
        case .lost:
            StorageError(
                .uploadLost,
                operation: operation,
                detail: "the server has forgotten the upload's session; begin the whole upload again"
            )
        case .contradiction:
            StorageError(
                .integrity,
                operation: operation,
                detail: "the server keeps other bytes than were sent; begin the whole upload again"
            )
        }
    }
}
