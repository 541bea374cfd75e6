public import Transport

/// Opens the store that `place` names: `gs://bucket`, `memory:`, or else a folder.
///
/// `onRetry` hears of each pause before a request is tried again; `environment` gives the bucket's address (see `GCSStore.endpoint`). Throws `StorageError` of kind `invalid`.
public func openObjectStore(
    _ place: String,
    environment: [String: String],
    transport: any HTTPTransport,
    tokens: any TokenProvider,
    billing: BillingProject = .none,
    retry: RetryPolicy = RetryPolicy(),
    chunkBytes: Int = GCSStore.defaultChunkBytes,
    clock: ToolClock = .system,
    onRetry: @escaping RetryListener = { _, _ in }
) throws -> any ObjectStore {
    func invalid(_ detail: String) -> StorageError {
        StorageError(.invalid, operation: "open the store '\(place)'", detail: detail)
    }
    if place == "memory:" { return MemoryStore() }
    guard place.hasPrefix("gs://") else {
        guard !place.isEmpty, !place.contains("://") else {
            throw invalid("a store is gs://bucket, a folder, or memory:")
        }
        return DirectoryStore(place)
    }
    var bucket = place.dropFirst("gs://".count)
    if bucket.last == "/" { bucket.removeLast() }
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    guard (3...222).contains(bucket.utf8.count), bucket.allSatisfy({ letters.contains($0) || "._-".contains($0) }),
        let first = bucket.first, let last = bucket.last, letters.contains(first), letters.contains(last)
    else {
        throw invalid("a bucket's name has 3 to 63 of a-z, 0-9, '.', '_' and '-', and no folder behind it")
    }
    return GCSStore(
        bucket: String(bucket),
        transport: transport,
        tokens: tokens,
        billing: billing,
        endpoint: GCSStore.endpoint(environment: environment),
        retry: retry,
        chunkBytes: chunkBytes,
        clock: clock,
        onRetry: onRetry
    )
}
