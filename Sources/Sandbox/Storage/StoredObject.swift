import Text

/// One object as it is kept: what the service knows and what the client may set.
struct StoredObject: Sendable, Equatable {
    /// Fields of the resource that a client may set.
    static let settable = [
        "contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "metadata",
        "customTime", "temporaryHold", "eventBasedHold", "storageClass",
    ]

    let bucket: String
    let name: String
    var generation: Int
    var metageneration = 1
    let size: Int
    let crc32c: String
    let md5Hash: String?
    let componentCount: Int?
    let created: Int
    var updated: Int
    var fields: JSONObject
    /// The key of Cloud KMS that encrypts it, and its checksums.
    var kmsKey: String?
    /// Until when it can be neither replaced nor deleted, in microseconds since 1970; nil for no such time.
    var keptUntil: Int?
    /// Path of the bytes below the store's directory.
    let file: String

    var etag: String { base64(Array("\(generation)/\(metageneration)".utf8)) }
    var contentType: String { fields["contentType"]?.string ?? "application/octet-stream" }

    /// The fields of `body` that a client may set.
    static func settableFields(of body: JSONValue?) -> JSONObject {
        var fields = JSONObject()
        for name in settable {
            if let value = body?[name], value != .null { fields[name] = value }
        }
        return fields
    }

    /// The object resource with links below `base` (scheme and host). A list shows no checksums where a key of Cloud KMS encrypts
    /// them (cloud.google.com/storage/docs/encryption/customer-managed-keys).
    func resource(base: String, isListed: Bool = false) -> JSONValue {
        let encoded = percentEncoded(name)
        var json: JSONObject = [
            "kind": "storage#object", "id": .string("\(bucket)/\(name)/\(generation)"),
            "selfLink": .string("\(base)/storage/v1/b/\(bucket)/o/\(encoded)"),
            "mediaLink": .string(
                "\(base)/download/storage/v1/b/\(bucket)/o/\(encoded)?generation=\(generation)&alt=media"
            ),
            "name": .string(name), "bucket": .string(bucket), "generation": .string(String(generation)),
            "metageneration": .string(String(metageneration)), "storageClass": "STANDARD",
            "size": .string(String(size)), "crc32c": .string(crc32c), "etag": .string(etag),
            "timeCreated": .string(Clock.rfc3339(created)), "updated": .string(Clock.rfc3339(updated)),
            "timeStorageClassUpdated": .string(Clock.rfc3339(created)),
        ]
        json["md5Hash"] = md5Hash.map(JSONValue.string)
        json["componentCount"] = componentCount.map(JSONValue.integer)
        json["retentionExpirationTime"] = keptUntil.map { .string(Clock.rfc3339($0)) }
        if let kmsKey {
            json["kmsKeyName"] = .string("\(kmsKey)/cryptoKeyVersions/1")
            if isListed {
                json["crc32c"] = nil
                json["md5Hash"] = nil
            }
        }
        for field in fields.members { json[field.key] = field.value }
        return .object(json)
    }

    /// What is written beside the bytes.
    var record: JSONValue {
        var json: JSONObject = [
            "bucket": .string(bucket), "name": .string(name), "generation": .integer(generation),
            "metageneration": .integer(metageneration), "size": .integer(size), "crc32c": .string(crc32c),
            "created": .integer(created), "updated": .integer(updated), "fields": .object(fields),
            "file": .string(file),
        ]
        json["md5Hash"] = md5Hash.map(JSONValue.string)
        json["componentCount"] = componentCount.map(JSONValue.integer)
        json["kmsKey"] = kmsKey.map(JSONValue.string)
        json["keptUntil"] = keptUntil.map(JSONValue.integer)
        return .object(json)
    }
}

extension StoredObject {
    /// Reads a record; nil when it is not one.
    init?(record: JSONValue) {
        guard let bucket = record["bucket"]?.string, let name = record["name"]?.string,
            let generation = record["generation"]?.integer, let metageneration = record["metageneration"]?.integer,
            let size = record["size"]?.integer, let crc32c = record["crc32c"]?.string,
            let created = record["created"]?.integer, let updated = record["updated"]?.integer,
            let fields = record["fields"]?.object, let file = record["file"]?.string
        else { return nil }
        self.init(
            bucket: bucket,
            name: name,
            generation: generation,
            metageneration: metageneration,
            size: size,
            crc32c: crc32c,
            md5Hash: record["md5Hash"]?.string,
            componentCount: record["componentCount"]?.integer,
            created: created,
            updated: updated,
            fields: fields,
            kmsKey: record["kmsKey"]?.string,
            keptUntil: record["keptUntil"]?.integer,
            file: file
        )
    }
}

/// A name compared by its UTF-8 bytes, as Cloud Storage does; Swift's own comparison folds equivalent letters.
struct ObjectName: Hashable, Comparable, Sendable {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    static func < (left: ObjectName, right: ObjectName) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
