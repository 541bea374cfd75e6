import Synchronization
import Text

extension StorageService {
    /// The permission that a method needs, as far as the kit's tools meet it.
    static let permissions = [
        "storage.buckets.insert": "storage.buckets.create", "storage.buckets.list": "storage.buckets.list",
        "storage.buckets.get": "storage.buckets.get", "storage.buckets.delete": "storage.buckets.delete",
        "storage.buckets.getIamPolicy": "storage.buckets.getIamPolicy",
        "storage.buckets.setIamPolicy": "storage.buckets.setIamPolicy", "storage.objects.get": "storage.objects.get",
        "storage.objects.list": "storage.objects.list", "storage.objects.insert": "storage.objects.create",
        "storage.objects.patch": "storage.objects.update", "storage.objects.update": "storage.objects.update",
        "storage.objects.delete": "storage.objects.delete", "storage.objects.compose": "storage.objects.create",
        "storage.objects.copy": "storage.objects.create", "storage.objects.rewrite": "storage.objects.create",
    ]

    /// Refuses when nobody, or the holder of the request's token, has the permission.
    func require(_ permission: String, _ match: Contract.Match, _ request: ServedRequest) throws {
        let bucket = match.path["bucket"] ?? match.path["destinationBucket"] ?? ""
        if let message = denial(of: permission, in: bucket, request) { throw Refusal.google(403, "forbidden", message) }
    }

    /// What the holder of the request's token is told who lacks a permission in a bucket; nil for those who have it.
    func denial(of permission: String, in bucket: String, _ request: ServedRequest) -> String? {
        let grant = project.tokens.grant(for: request.headers["Authorization"])
        if project.allows(permission, grant, own: policy(of: bucket)) { return nil }
        return denial(of: permission, account: grant?.account ?? project.serviceAccount)
    }

    /// What a service account would be told that lacks a permission in a bucket; nil for one that has it.
    func denial(of permission: String, in bucket: String, account: String) -> String? {
        let isAllowed = project.allows(permission, account: account, own: policy(of: bucket))
        return isAllowed ? nil : denial(of: permission, account: account)
    }

    private func policy(of bucket: String) -> IAMPolicy { policies.withLock { $0[bucket] } ?? initialPolicy }

    private func denial(of permission: String, account: String) -> String {
        let isObject = permission.hasPrefix("storage.objects.") && permission != "storage.objects.list"
        return
            "\(account) does not have \(permission) access to the Google Cloud Storage "
            + "\(isObject ? "object" : "bucket"). Permission '\(permission)' denied on resource (or it may not exist)."
    }

    func testPermissions(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        let bucket = match.path["bucket"] ?? ""
        _ = try store.bucket(bucket)
        let asked = request.query.filter { $0.name == "permissions" }.map(\.value)
        let granted = asked.filter { denial(of: $0, in: bucket, request) == nil }.map(JSONValue.string)
        var json: JSONObject = ["kind": "storage#testIamPermissionsResponse"]
        if !granted.isEmpty { json["permissions"] = .array(granted) }
        return .json(.object(json))
    }

    func getPolicy(_ request: ServedRequest, _ match: Contract.Match) throws -> ServedResponse {
        let bucket = match.path["bucket"] ?? ""
        _ = try store.bucket(bucket)
        let version = request.parameter("optionsRequestedPolicyVersion").flatMap { Int($0) } ?? 1
        guard [1, 3].contains(version) else { throw Refusal.invalid("Invalid requested policy version \(version).") }
        return policies.withLock { .json(policyResource($0[bucket] ?? initialPolicy, of: bucket, version: version)) }
    }

    func setPolicy(_ match: Contract.Match, _ body: JSONValue?) throws -> ServedResponse {
        let bucket = match.path["bucket"] ?? ""
        _ = try store.bucket(bucket)
        let rules = IAMPolicy.Rules(
            accounts: project.accounts,
            domains: ["@\(project.id).iam.gserviceaccount.com"],
            allowsAllUsers: true
        )
        return try policies.withLock { policies in
            var policy = policies[bucket] ?? initialPolicy
            do throws(IAMPolicy.Problem) {
                try policy.replace(with: body ?? [:], rules: rules)
            } catch .conflict {
                throw Refusal.google(
                    412,
                    "conditionNotMet",
                    "At least one of the pre-conditions you specified did not hold."
                )
            } catch .invalid(let sentence) {
                throw Refusal.invalid(sentence)
            }
            policies[bucket] = policy
            return .json(policyResource(policy, of: bucket, version: 3))
        }
    }

    private func policyResource(_ policy: IAMPolicy, of bucket: String, version: Int) -> JSONValue {
        var json: JSONObject = ["kind": "storage#policy", "resourceId": .string("projects/_/buckets/\(bucket)")]
        for field in policy.json(requestedVersion: version).object?.members ?? [] { json[field.key] = field.value }
        return .object(json)
    }
}
