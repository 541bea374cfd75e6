import Synchronization
import Text

extension StorageService {
    /// A bucket's document with what was asked for and what a new bucket has.
    static func newBucket(_ name: String, from body: JSONValue?, projectNumber: Int) -> JSONObject {
        let now = JSONValue.string(Clock.rfc3339(Clock.microseconds()))
        let location = (body?["location"]?.string ?? "US").uppercased()
        let isUniform = body?["iamConfiguration"]?["uniformBucketLevelAccess"]?["enabled"] ?? false
        var bucket: JSONObject = [
            "kind": "storage#bucket", "id": .string(name), "name": .string(name),
            "projectNumber": .string(String(projectNumber)),
            "metageneration": "1", "location": .string(location),
            "locationType": .string(locationType(location)),
            "storageClass": .string(body?["storageClass"]?.string ?? "STANDARD"), "etag": "CAE=",
            "timeCreated": now, "updated": now,
            "softDeletePolicy": ["retentionDurationSeconds": "604800", "effectiveTime": now],
            "iamConfiguration": [
                "bucketPolicyOnly": ["enabled": isUniform], "uniformBucketLevelAccess": ["enabled": isUniform],
                "publicAccessPrevention": body?["iamConfiguration"]?["publicAccessPrevention"] ?? "inherited",
            ],
        ]
        for field in ["billing", "defaultEventBasedHold", "encryption", "labels", "lifecycle", "versioning"] {
            bucket[field] = body?[field]
        }
        for field in ["retentionPolicy", "softDeletePolicy"] {
            guard var policy = body?[field]?.object else { continue }
            policy["effectiveTime"] = now
            bucket[field] = .object(policy)
        }
        return bucket
    }

    private static func locationType(_ location: String) -> String {
        if ["US", "EU", "ASIA"].contains(location) { return "multi-region" }
        return location.contains("-") ? "region" : "dual-region"
    }

    private func checkLocation(_ location: String) throws {
        guard
            wholeMatch(location.uppercased(), pattern: "US|EU|ASIA|ASIA1|EUR4|EUR5|EUR7|EUR8|NAM4|[A-Z]+-[A-Z]+[0-9]+")
        else { throw Refusal.invalid("The specified location constraint is not valid.") }
        guard project.orgPolicies.allows(location: location) else {
            let message = "'\(location.lowercased())' violates constraint 'constraints/gcp.resourceLocations'"
            throw Refusal.google(412, "conditionNotMet", message)
        }
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
        try checkLocation(body?["location"]?.string ?? "US")
        let bucket = Self.newBucket(name, from: body, projectNumber: project.number)
        if project.orgPolicies.contains(.uniformBucketLevelAccess),
            bucket["iamConfiguration"]?["uniformBucketLevelAccess"]?["enabled"] != true
        {
            let message = "Request violates constraint 'constraints/storage.uniformBucketLevelAccess'"
            throw Refusal.google(412, "conditionNotMet", message)
        }
        try store.insertBucket(name, bucket)
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
