import Transport

/// What a bucket does with all its objects, as far as it matters here.
public struct BucketSettings: Sendable, Equatable {
    /// `ASIA-NORTHEAST1`, `US`, `EUR4`.
    public var location: String?
    /// How long an object can neither be replaced nor deleted.
    public var retentionSeconds: Int64?
    /// Whether each new object is held until somebody releases it.
    public var holdsNewObjects: Bool

    public init(location: String?, retentionSeconds: Int64? = nil, holdsNewObjects: Bool = false) {
        self.location = location
        self.retentionSeconds = retentionSeconds
        self.holdsNewObjects = holdsNewObjects
    }
}

/// The bucket behind a store.
public protocol Buckets: Sendable {
    /// What it does with its objects, which needs `storage.buckets.get`. Throws `StorageError`.
    func bucketSettings() async throws -> BucketSettings

    /// Whether the bucket is there; not being allowed to look is an error. Throws `StorageError`.
    func bucketExists() async throws -> Bool

    /// Creates the bucket. One that exists already is a `preconditionFailed`, whoever owns it.
    func createBucket(project: String, location: String) async throws
}

extension GCSStore: Buckets {
    /// Asks for the bucket's name only.
    public func bucketExists() async throws -> Bool {
        let operation = "look up \(location)"
        let request = HTTPRequest("GET", client.bucketURL + "?fields=name")
        return try await client.retrying(operation) { _ in
            do {
                _ = try await client.once(request, operation: operation, missing: .bucketMissing)
                return true
            } catch let error as StorageError where error.kind == .bucketMissing {
                return false
            }
        }
    }

    /// Asks for the settings that are read, in one request.
    public func bucketSettings() async throws -> BucketSettings {
        struct Answer: Decodable {
            struct Retention: Decodable { let retentionPeriod: WireInteger? }
            let location: String?
            let retentionPolicy: Retention?
            let defaultEventBasedHold: Bool?
        }
        let operation = "read the settings of \(location)"
        let request = HTTPRequest(
            "GET",
            client.bucketURL + "?fields=location,retentionPolicy,defaultEventBasedHold"
        )
        return try await client.retrying(operation) { _ in
            let response = try await client.once(request, operation: operation, missing: .bucketMissing)
            let answer = try decodeAnswer(Answer.self, response, operation: operation)
            return BucketSettings(
                location: answer.location.map { String($0.prefix(40)) },
                retentionSeconds: answer.retentionPolicy?.retentionPeriod.map { max(0, min($0.value, 1 << 32)) },
                holdsNewObjects: answer.defaultEventBasedHold ?? false
            )
        }
    }

    /// Creates it with access by roles alone (uniform bucket-level access).
    public func createBucket(project: String, location: String) async throws {
        struct Access: Encodable {
            struct Uniform: Encodable { let enabled = true }
            let uniformBucketLevelAccess = Uniform()
        }
        struct NewBucket: Encodable {
            let name: String
            let location: String
            let iamConfiguration = Access()
        }
        let operation = "create \(self.location)"
        let request = HTTPRequest(
            "POST",
            "\(client.endpoint)/storage/v1/b" + client.query([("project", project)]),
            headers: ["Content-Type": "application/json"],
            body: .bytes(try encodeJSON(NewBucket(name: client.bucket, location: location), operation: operation))
        )
        try await client.retrying(operation) { attempt in
            let response = try await client.once(request, operation: operation, accepted: [200, 409])
            // On a second try this is most likely the first one's work.
            if response.status == 409, attempt == 1 {
                throw StorageError(
                    .preconditionFailed,
                    operation: operation,
                    detail: "a bucket of this name exists already (names are shared by all of Google Cloud)"
                )
            }
        }
    }
}
