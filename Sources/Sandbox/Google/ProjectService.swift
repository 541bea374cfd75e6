import Text

/// A stand-in for one of Google's newer services, whose resources belong to the project.
protocol ProjectService: JSONService {
    /// The project with its tokens, permissions and APIs.
    var project: CloudProject { get }
    /// What the project must have enabled, such as `secretmanager.googleapis.com`, and its title.
    var api: (name: String, title: String) { get }
    /// The permission that each method needs; a method that is not here needs none.
    static var permissions: [String: String] { get }
    /// The policy of a resource itself; nil where it has none.
    func ownPolicy(of resource: String) -> IAMPolicy?
    /// The answer to a request that may be answered.
    func perform(_ call: JSONCall) throws -> JSONValue
}

extension ProjectService {
    /// Whether the token is one of the project's.
    public func isAuthorized(_ authorization: String?) -> Bool { project.tokens.grant(for: authorization) != nil }

    /// An error in the form of Google's newer services.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        .rpcError(told.status, told.message, reason: told.reason)
    }

    /// Checks scopes, project, API and permission, then performs.
    public func answer(_ call: JSONCall) throws -> JSONValue {
        let grant = project.tokens.grant(for: call.request.headers["Authorization"])
        guard grant?.scopes.contains(AccessTokens.cloudPlatform) == true else {
            throw Refusal.rpc(
                403,
                "Request had insufficient authentication scopes.",
                reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
            )
        }
        let resource = ["name", "parent", "resource", "projectId"].map(call.path).first { !$0.isEmpty } ?? ""
        let quotaProject = call.request.headers["X-Goog-User-Project"]
        if let refusal = project.quotaRefusal(quotaProject, grant, api: api.name, isClientAPI: true) { throw refusal }
        try checkProject(of: resource)
        if !project.answers(api.name, grant, namesQuotaProject: quotaProject != nil) {
            throw Refusal(project.disabled(api.name, api.title))
        }
        if let permission = Self.permissions[call.method] { try require(permission, on: resource, grant) }
        return try perform(call)
    }

    func ownPolicy(of resource: String) -> IAMPolicy? { nil }

    /// Refuses when nobody, or the holder of the token, has the permission.
    func require(_ permission: String, on resource: String, _ grant: AccessTokens.Grant?) throws {
        guard !project.allows(permission, grant, own: ownPolicy(of: resource)) else { return }
        throw Refusal(
            .rpcError(
                403,
                "Permission '\(permission)' denied on resource '\(resource)' (or it may not exist).",
                reason: "IAM_PERMISSION_DENIED",
                domain: "iam.googleapis.com",
                metadata: ["permission": .string(permission), "resource": .string(resource)]
            )
        )
    }

    /// The permissions of a `testIamPermissions` request that the caller has; empty ones and wildcards are refused.
    func testPermissions(_ call: JSONCall, own: IAMPolicy? = nil) throws -> JSONValue {
        let grant = project.tokens.grant(for: call.request.headers["Authorization"])
        let asked = (call.body?["permissions"]?.array ?? []).compactMap(\.string)
        if let wrong = asked.first(where: { !wholeMatch($0, pattern: "[a-zA-Z]+(\\.[a-zA-Z]+)+") }) {
            throw Refusal.rpc(400, "Permission \(wrong) is not valid for this resource.")
        }
        let granted = asked.filter { project.allows($0, grant, own: own) }
        return granted.isEmpty ? [:] : ["permissions": .array(granted.map(JSONValue.string))]
    }

    /// Resource names that begin with a project's name must begin with this one's.
    private func checkProject(of resource: String) throws {
        let parts = resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.first == "projects", parts.count > 1, parts[1] != "-", !project.isNamed(parts[1])
        else { return }
        throw Refusal(
            .rpcError(
                403,
                "Permission denied on resource project \(parts[1]).",
                reason: "CONSUMER_INVALID",
                metadata: ["consumer": .string("projects/\(parts[1])")]
            )
        )
    }
}

/// One page of a list, and the token of the next; refuses a token that no page gave and a size out of range.
func page<Item>(_ items: [Item], _ call: JSONCall, size standard: Int, limit: Int) throws -> (
    items: ArraySlice<Item>, next: String?
) {
    let size = call.parameter("pageSize").flatMap { Int($0) } ?? 0
    let token = call.parameter("pageToken") ?? ""
    let start = token.isEmpty ? 0 : token.hasPrefix("page-") ? Int(token.dropFirst(5)) : nil
    guard size >= 0, let start, start >= 0, start <= items.count else {
        throw Refusal.rpc(400, "Request contains an invalid argument.")
    }
    let end = min(items.count, start + min(size == 0 ? standard : size, limit))
    return (items[start..<end], end < items.count ? "page-\(end)" : nil)
}
