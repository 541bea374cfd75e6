public import Transport

/// A Google Cloud Storage bucket over the JSON API.
///
/// Writes without a precondition are retried as well: who writes so lets the last writer win, and a second arrival carries
/// the same bytes.
public struct GCSStore: ObjectStore {
    /// The default size of an upload's chunk: each upload in progress holds one in memory.
    public static let defaultChunkBytes = 8 << 20
    public static let defaultEndpoint = "https://storage.googleapis.com"

    let client: GCSClient
    private let chunkBytes: Int

    /// A bucket. `chunkBytes` is rounded up to a multiple of 256 KiB, which the service demands; `onRetry` hears of each pause.
    public init(
        bucket: String,
        transport: any HTTPTransport,
        tokens: any TokenProvider,
        billing: BillingProject = .none,
        endpoint: String = GCSStore.defaultEndpoint,
        retry: RetryPolicy = RetryPolicy(),
        chunkBytes: Int = GCSStore.defaultChunkBytes,
        clock: ToolClock = .system,
        onRetry: @escaping RetryListener = { _, _ in }
    ) {
        let quantum = 256 << 10
        self.chunkBytes = max(1, (chunkBytes + quantum - 1) / quantum) * quantum
        client = GCSClient(
            bucket: bucket,
            endpoint: endpoint,
            api: GoogleAPI(
                environment: [:],
                transport: transport,
                tokens: tokens,
                billing: billing,
                retry: retry,
                clock: clock,
                onRetry: onRetry
            )
        )
    }

    /// The address that the environment asks for: `STORAGE_EMULATOR_HOST`, `CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE`, else
    /// the service's own.
    public static func endpoint(environment: [String: String]) -> String {
        let names = ["STORAGE_EMULATOR_HOST", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"]
        guard var url = names.lazy.compactMap({ environment[$0] }).first(where: { !$0.isEmpty }) else {
            return defaultEndpoint
        }
        if !url.contains("://") { url = "http://" + url }
        while url.hasSuffix("/") { url.removeLast() }
        // gcloud's variable names the API's root, the library's the server's.
        if url.hasSuffix("/storage/v1") { url.removeLast("/storage/v1".count) }
        return url
    }

    /// `gs://bucket`
    public var location: String { "gs://\(client.bucket)" }

    /// Begins an upload; nothing is sent before a chunk is full or the upload is finished.
    public func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload {
        try checkObjectName(name, operation: "begin upload of \(name)")
        return GCSUpload(store: self, name: name, options: options, chunkBytes: chunkBytes)
    }

    /// Reads an object, on a connection of its own.
    public func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8] {
        let operation = "read \(name)"
        try checkObjectName(name, operation: operation)
        var request = HTTPRequest("GET", client.objectURL(name) + "?alt=media", ownConnection: true)
        if let range {
            guard !range.isEmpty else {
                guard try await info(name) != nil else {
                    throw StorageError(.notFound, operation: operation, detail: "there is no such object")
                }
                return []
            }
            request.headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        }
        return try await client.retrying(operation) { _ in
            let response = try await client.once(
                request,
                operation: operation,
                accepted: [200, 206, 416],
                limit: GCSClient.objectLimit
            )
            switch (range, response.status) {
            case (nil, 200):
                try await check(response, name: name, operation: operation)
                return response.body
            case (let range?, 200): return Array(response.body[range.clamped(toSize: response.body.count)])
            case (_, 206): return response.body
            // The range begins behind the end.
            default: return []
            }
        }
    }

    private func check(_ response: HTTPResponse, name: String, operation: String) async throws {
        let hashes = response.head.headers.all("x-goog-hash").flatMap { $0.split(separator: ",") }
        let told = hashes.first { $0.hasPrefix("crc32c=") }.flatMap { CRC32C.value(base64: String($0.dropFirst(7))) }
        // Emulators leave the header out.
        let wanted = if let told { told as UInt32? } else { try await info(name)?.crc32c }
        guard wanted.map({ $0 == CRC32C.of(response.body) }) ?? true else {
            throw StorageError(
                .integrity,
                operation: operation,
                detail: "the bytes do not match the object's CRC-32C",
                retryAdvice: .backoff
            )
        }
    }

    public func info(_ name: String) async throws -> ObjectInfo? {
        let operation = "look up \(name)"
        try checkObjectName(name, operation: operation)
        let request = HTTPRequest("GET", client.objectURL(name))
        return try await client.retrying(operation) { _ in
            do {
                return try decodeObject(try await client.once(request, operation: operation), operation: operation)
            } catch let error as StorageError where error.kind == .notFound {
                return nil
            }
        }
    }

    public func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage {
        let operation = "list \(location)/\(prefix)"
        let fields =
            "items(name,size,crc32c,generation,metageneration,contentType,updated,metadata),prefixes,nextPageToken"
        var parameters = [("prefix", prefix), ("maxResults", "1000"), ("fields", fields)]
        if let delimiter { parameters.append(("delimiter", delimiter)) }
        if let pageToken { parameters.append(("pageToken", pageToken)) }
        let request = HTTPRequest("GET", "\(client.bucketURL)/o\(client.query(parameters))")
        return try await client.retrying(operation) { _ in
            let response = try await client.once(request, operation: operation, missing: .bucketMissing)
            let answer = try decodeAnswer(ObjectListAnswer.self, response, operation: operation)
            let objects = answer.items?.map(\.info) ?? []
            guard !objects.contains(nil) else {
                throw StorageError(.server(200), operation: operation, detail: "an object in the listing is malformed")
            }
            guard answer.nextPageToken == nil || answer.nextPageToken != pageToken else {
                throw StorageError(
                    .invalid,
                    operation: operation,
                    detail: "a page of the listing names itself as the next"
                )
            }
            return ObjectPage(
                objects: objects.compactMap { $0 },
                prefixes: answer.prefixes ?? [],
                nextPageToken: answer.nextPageToken
            )
        }
    }

    /// Changes custom metadata; setting the same values twice is harmless, so it is retried.
    public func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo {
        try await patch(name, metadata: metadata, generation: generation, metageneration: nil)
    }

    func patch(
        _ name: String,
        metadata: [String: String?],
        generation: Int64,
        metageneration: Int64?
    ) async throws -> ObjectInfo {
        let operation = "change metadata of \(name)"
        try checkObjectName(name, operation: operation)
        var parameters = [("ifGenerationMatch", "\(generation)")]
        if let metageneration { parameters.append(("ifMetagenerationMatch", "\(metageneration)")) }
        let request = HTTPRequest(
            "PATCH",
            client.objectURL(name) + client.query(parameters),
            headers: ["Content-Type": "application/json"],
            body: .bytes(try encodeJSON(["metadata": metadata], operation: operation))
        )
        return try await client.retrying(operation) { attempt in
            do {
                return try decodeObject(try await client.once(request, operation: operation), operation: operation)
            } catch let error as StorageError where error.kind == .preconditionFailed && attempt > 1 {
                // The lost answer of our own earlier try?
                if let there = try await info(name), there.generation == generation,
                    metadata.allSatisfy({ there.metadata[$0.key] == $0.value })
                {
                    return there
                }
                throw error
            }
        }
    }

    /// Deletes an object. After a try without an answer, a missing object counts as deleted.
    @discardableResult
    public func delete(_ name: String, precondition: Precondition) async throws -> Bool {
        let operation = "delete \(name)"
        try checkObjectName(name, operation: operation)
        let url = client.objectURL(name) + client.query(GCSClient.parameters(precondition))
        return try await client.retrying(operation) { attempt in
            do {
                _ = try await client.once(HTTPRequest("DELETE", url), operation: operation, accepted: [200, 204])
                return true
            } catch let error as StorageError where error.kind == .notFound {
                return attempt > 1
            }
        }
    }
}
