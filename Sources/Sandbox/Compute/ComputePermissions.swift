import Text

extension ComputeService {
    /// The permission that a method needs, where it is not the method's id with `insert` as `create` and so on.
    private static let permissions = [
        "compute.instances.bulkInsert": "compute.instances.create",
        "compute.zoneOperations.wait": "compute.zoneOperations.get",
        "compute.regionOperations.wait": "compute.regionOperations.get",
        "compute.globalOperations.wait": "compute.globalOperations.get",
        "compute.routers.patch": "compute.routers.update",
        "compute.subnetworks.patch": "compute.subnetworks.update",
    ]

    /// The permission that a method needs.
    static func permission(of method: String) -> String {
        if let permission = permissions[method] { return permission }
        let parts = method.split(separator: ".")
        guard let verb = parts.last else { return method }
        let words = ["insert": "create", "aggregatedList": "list"]
        return (parts.dropLast() + [Substring(words[String(verb)] ?? String(verb))]).joined(separator: ".")
    }

    /// Whether the caller lacks a permission.
    func isDenied(_ permission: String) -> Bool {
        withState { $0.faults.isDenied(permission) } || options.isDenied?(permission) == true
    }

    /// Refuses everything while the project does not have the API, or the request counts on a project that it may not.
    func checkAPI(_ call: JSONCall) throws {
        guard let cloud = options.cloud else { return }
        let grant = cloud.tokens.grant(for: call.request.headers["Authorization"])
        let named = call.request.headers["X-Goog-User-Project"]
        let api = ComputeOptions.api
        if let refusal = cloud.quotaRefusal(named, grant, api: api, isClientAPI: false, isLegacy: true) {
            throw refusal
        }
        if !cloud.answers(api, grant) { throw Refusal(cloud.disabled(api, "Compute Engine API", isLegacy: true)) }
    }

    /// Refuses what the faults deny to the caller.
    func permit(_ call: JSONCall, _ place: Place) throws {
        let permission = Self.permission(of: call.method)
        let grant = options.cloud?.tokens.grant(for: call.request.headers["Authorization"])
        guard isDenied(permission) || options.cloud?.allows(permission, grant) == false else { return }
        let project = "projects/\(place.project.id)"
        let collection = call.method.split(separator: ".").dropFirst().first.map(String.init) ?? ""
        let made = call.body?["perInstanceProperties"]?.object?.members.first?.key ?? call.body?["name"]?.string
        let inPath = call.match.path.filter { !["project", "zone", "region"].contains($0.key) }.first?.value
        let name = inPath ?? (permission.hasSuffix(".create") ? made : nil)
        let resource: String
        if ["zones", "regions", "projects"].contains(collection) || name == nil {
            resource = project
        } else {
            let shelf = collection.hasSuffix("Operations") ? "operations" : collection
            resource = "\(project)/\(place.scope.path)/\(shelf)/\(name ?? "")"
        }
        throw Refusal.google(403, "forbidden", "Required '\(permission)' permission for '\(resource)'")
    }
}
