import Transport

extension GCSStore {
    /// The bucket's policy. Its errors are `StorageError`s.
    public var iam: IAMResource {
        let url = "\(client.bucketURL)/iam"
        let reading = "read the IAM policy of \(location)"
        let writing = "change the IAM policy of \(location)"
        return IAMResource(
            name: "bucket \(client.bucket)",
            read: { [client] in
                let query = client.query([("optionsRequestedPolicyVersion", "\(IAMPolicy.version)")])
                return try await client.policy(HTTPRequest("GET", url + query), operation: reading)
            },
            write: { [client] policy in
                let request = HTTPRequest(
                    "PUT",
                    url,
                    headers: ["Content-Type": "application/json"],
                    body: .bytes(try encodeJSON(policy, operation: writing))
                )
                return try await client.policy(request, operation: writing)
            },
            isConflict: { ($0 as? StorageError)?.kind == .preconditionFailed },
            api: client.api
        )
    }
}

extension GCSClient {
    /// Sends what is answered with the bucket's policy. A refused ETag, 412 or 409, is a `preconditionFailed`.
    fileprivate func policy(_ request: HTTPRequest, operation: String) async throws -> IAMPolicy {
        try await retrying(operation) { _ in
            let response = try await once(
                request,
                operation: operation,
                accepted: [200, 409],
                missing: .bucketMissing
            )
            guard response.status != 409 else {
                throw StorageError(
                    .preconditionFailed,
                    operation: operation,
                    detail: "someone else changed the policy meanwhile; try again"
                )
            }
            return try decodeAnswer(IAMPolicy.self, response, operation: operation)
        }
    }
}
