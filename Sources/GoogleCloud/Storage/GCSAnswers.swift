import Transport

/// An object resource as the JSON API writes it (64-bit numbers are strings). Its description marks no field as required; what
/// every answer of ours needs is the name, the size and the generation.
struct ObjectResource: Decodable {
    let name: String
    let size: String
    let crc32c: String?
    let generation: String
    let metageneration: String?
    let contentType: String?
    let updated: String?
    let metadata: [String: String]?

    /// Bytes; the service's own limit.
    private static let largest: Int64 = 5 << 40

    /// The description, nil when a number in it is none.
    var info: ObjectInfo? {
        let crc = crc32c.flatMap(CRC32C.value(base64:))
        guard let size = Int64(size), (0...Self.largest).contains(size), crc != nil || crc32c == nil,
            let generation = Int64(generation), generation > 0
        else { return nil }
        return ObjectInfo(
            name: name,
            size: size,
            crc32c: crc,
            generation: generation,
            metageneration: metageneration.flatMap { Int64($0) } ?? 1,
            contentType: contentType ?? "application/octet-stream",
            updated: updated ?? "",
            metadata: metadata ?? [:]
        )
    }
}

/// What is sent to describe an object.
struct NewObject: Encodable {
    let name: String
    let contentType: String
    var crc32c: String?
    let metadata: [String: String]?

    init(name: String, options: PutOptions, crc32c: UInt32? = nil) {
        self.name = name
        contentType = options.contentType
        metadata = options.metadata.isEmpty ? nil : options.metadata
        self.crc32c = crc32c.map { CRC32C.base64($0) }
    }
}

struct ObjectListAnswer: Decodable {
    let items: [ObjectResource]?
    let prefixes: [String]?
    let nextPageToken: String?
}

/// Reads an answer's JSON, or says that it is not what it should be.
func decodeAnswer<T: Decodable>(_ type: T.Type, _ response: HTTPResponse, operation: String) throws(StorageError) -> T {
    do {
        return try decoded(response.body)
    } catch {
        throw StorageError(
            .server(response.status),
            operation: operation,
            detail: "status \(response.status), but the answer is not the JSON that it should be"
        )
    }
}

func decodeObject(_ response: HTTPResponse, operation: String) throws(StorageError) -> ObjectInfo {
    guard let info = try decodeAnswer(ObjectResource.self, response, operation: operation).info else {
        throw StorageError(
            .server(response.status),
            operation: operation,
            detail: "the answer describes the object with malformed numbers"
        )
    }
    return info
}

func encodeJSON(_ value: some Encodable, operation: String) throws(StorageError) -> [UInt8] {
    do {
        return try jsonBytes(value)
    } catch {
        throw StorageError(.invalid, operation: operation, detail: "the metadata cannot be written as JSON")
    }
}

extension StorageError {
    /// What a refusal means. `missing` is what a 404 without further words is about.
    init(_ response: HTTPResponse, operation: String, missing: Kind, now: Int64) {
        let refusal = Refusal(response, now: now)
        let said = refusal.said
        let kind: Kind
        let next: String
        switch refusal.status {
        case _ where refusal.constraint != nil:
            (kind, next) = (.permission, "the organisation's policy \(refusal.constraint ?? "") forbids it")
        case 400 where said.lowercased().contains("crc32c"):
            (kind, next) = (.integrity, "the bytes changed on the way; write the object again")
        case 401: (kind, next) = (.unauthenticated, "check the credentials")
        case _ where refusal.isRateLimit: (kind, next) = (.throttled, "try again later")
        case 403
        where refusal.has("retentionPolicyNotMet") || said.contains("under active Temporary hold")
            || said.contains("under active Event-Based hold"):
            (kind, next) = (.retained, "it stays as it is until then; use a bucket without a retention policy or holds")
        case 403: (kind, next) = (.permission, "give the account a role such as roles/storage.objectAdmin")
        case 404 where said.contains("bucket does not exist"), 404 where missing == .bucketMissing:
            (kind, next) = (.bucketMissing, "create the bucket or correct its name")
        case 404: (kind, next) = (missing, "look at what is there")
        case 412: (kind, next) = (.preconditionFailed, "another writer was first; look at what is there")
        case _ where refusal.isServers: (kind, next) = (.server(refusal.status), "try again later")
        default: (kind, next) = (.invalid, "the server does not take such a request")
        }
        let isTemporary = kind == .throttled || kind == .server(refusal.status)
        self.init(
            kind,
            operation: operation,
            detail: refusal.detail(next),
            retryAdvice: isTemporary ? refusal.advice : nil
        )
    }
}
