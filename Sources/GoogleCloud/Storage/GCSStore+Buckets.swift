import Transport

/// The bucket behind a store.
public protocol Buckets: Sendable {
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
