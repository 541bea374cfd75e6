import Synchronization

extension StorageService {
    static func newBucket(_ name: String, from body: JSONValue?, projectNumber: Int) -> JSONObject {
        let now = JSONValue.string(Clock.rfc3339(Clock.microseconds()))
        return [
            "kind": "storage#bucket", "id": .string(name), "name": .string(name),
            "projectNumber": .string(String(projectNumber)),
            "metageneration": "1", "location": .string((body?["location"]?.string ?? "US").uppercased()),
            "locationType": .string(body?["location"] == nil ? "multi-region" : "region"),
            "storageClass": .string(body?["storageClass"]?.string ?? "STANDARD"), "etag": "CAE=",
            "timeCreated": now, "updated": now,
            "iamConfiguration": [
                "bucketPolicyOnly": ["enabled": true], "uniformBucketLevelAccess": ["enabled": true],
                "publicAccessPrevention": "inherited",
            ],
        ]
    }

    private func resource(_ bucket: JSONObject, base: String) -> JSONValue {
        var json = bucket
        json["selfLink"] = .string("\(base)/storage/v1/b/\(bucket["name"]?.string ?? "")")
        return .object(json)
    }

    func insertBucket(_ request: ServedRequest, _ body: JSONValue?) throws -> ServedResponse {
        guard let name = body?["name"]?.string else {
            throw Refusal.google(400, "required", "Required: the bucket's name")
        }
        guard wholeMatch(name, pattern: "[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]") else {
            throw Refusal.invalid("Invalid bucket name: '\(name)'")
        }
        try store.insertBucket(name, Self.newBucket(name, from: body, projectNumber: project.number))
        return .json(resource(try store.bucket(name), base: request.base))
    }

    func listBuckets(_ request: ServedRequest) -> ServedResponse {
        let prefix = request.parameter("prefix") ?? ""
        let items = store.buckets().filter { $0["name"]?.string?.hasPrefix(prefix) == true }
        var json: JSONObject = ["kind": "storage#buckets"]
        if !items.isEmpty { json["items"] = .array(items.map { resource($0, base: request.base) }) }
        return .json(.object(json))
    }

    func getBucket(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        .json(resource(try store.bucket(match.path["bucket"] ?? ""), base: request.base))
    }

    func storageLayout(_ match: Contract.Match) throws -> ServedResponse {
        let bucket = try store.bucket(match.path["bucket"] ?? "")
        return .json([
            "kind": "storage#storageLayout", "bucket": bucket["name"] ?? "", "location": bucket["location"] ?? "",
            "locationType": bucket["locationType"] ?? "", "hierarchicalNamespace": ["enabled": false],
        ])
    }

    func deleteBucket(_ match: Contract.Match) throws -> ServedResponse {
        let name = match.path["bucket"] ?? ""
        try store.deleteBucket(name)
        policies.withLock { _ = $0.removeValue(forKey: name) }
        return ServedResponse(status: 204)
    }
}
