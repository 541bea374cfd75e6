import Synchronization
import Text

/// A stand-in for Artifact Registry, v1: Docker repositories and the images and tags in them.
public final class ArtifactRegistryService: SandboxService {
    private struct Repository {
        let fields: JSONObject
        var packages: [String: [(digest: String, tags: [String])]] = [:]
        var policy = IAMPolicy()
    }

    /// `artifactregistry`.
    public let name = "artifactregistry"
    let project: CloudProject
    private let operations = LongOperations()
    /// By `projects/ID/locations/L/repositories/R`.
    private let repositories = Mutex<[String: Repository]>([:])

    /// The runbook's image in a project.
    public static func image(in project: String) -> String {
        "asia-northeast1-docker.pkg.dev/\(project)/market-tick-handler/market-tick-data-handler:latest"
    }

    private static let locations = ["asia-northeast1", "asia-northeast2", "europe-west1", "us", "us-central1"]

    private static let contracts = Result {
        [
            try ContractValidator(PackageResources.artifactregistry_json),
            try ContractValidator(Array(betaLocations.utf8)),
        ]
    }

    /// gcloud's `artifacts` commands ask the older version for the locations, with the same answer.
    private static let betaLocations = """
        {"parameters":{"alt":{"t":"string","e":["json"]},"fields":{"t":"string"}},"schemas":{},"methods":[
         {"id":"artifactregistry.projects.locations.list","verb":"GET","paths":["/v1beta2/{+name}/locations"],
          "parameters":{"name":{"t":"string","p":"^projects/[^/]+$","q":true,"l":true},"filter":{"t":"string"},
           "pageSize":{"t":"integer"},"pageToken":{"t":"string"}}}]}
        """

    public init(project: CloudProject) { self.project = project }

    /// Puts an image into its repository, which is made if need be; without a package only the repository.
    public func plant(_ image: ImageReference) throws {
        guard project.isNamed(image.project) else {
            throw SandboxError("the image's project \(image.project) is not the sandbox's \(project.id)")
        }
        let name = "projects/\(project.id)/locations/\(image.location)/repositories/\(image.repository)"
        let digest = try image.package.map { "sha256:" + (try sha256Hex("\(name)/\($0)")) }
        repositories.withLock { repositories in
            var repository = repositories[name] ?? Repository(fields: Self.fields(of: name, from: ["format": "DOCKER"]))
            if let package = image.package, let digest {
                var tags = repository.packages[package]?.first?.tags ?? []
                if !tags.contains(image.tag) { tags.append(image.tag) }
                repository.packages[package] = [(digest, tags)]
            }
            repositories[name] = repository
        }
    }

    /// Puts an image into its repository and moves its tag there; false when there is no such repository.
    func enter(_ image: ImageReference, digest: String) -> Bool {
        let name = "projects/\(project.id)/locations/\(image.location)/repositories/\(image.repository)"
        return repositories.withLock { repositories in
            guard var repository = repositories[name], let package = image.package else { return false }
            var versions = repository.packages[package] ?? []
            for index in versions.indices { versions[index].tags.removeAll { $0 == image.tag } }
            if let index = versions.firstIndex(where: { $0.digest == digest }) {
                versions[index].tags.append(image.tag)
            } else {
                versions.insert((digest, [image.tag]), at: 0)
            }
            repository.packages[package] = versions
            repositories[name] = repository
            return true
        }
    }

    private static func fields(of name: String, from body: JSONObject) -> JSONObject {
        let now = JSONValue.string(Clock.rfc3339(Clock.microseconds()))
        var fields: JSONObject = ["name": .string(name)]
        for field in body.members where field.key != "name" { fields[field.key] = field.value }
        if fields["mode"] == nil || fields["mode"] == "MODE_UNSPECIFIED" { fields["mode"] = "STANDARD_REPOSITORY" }
        fields["createTime"] = now
        fields["updateTime"] = now
        return fields
    }
}

extension ArtifactRegistryService: ProjectService {
    var api: (name: String, title: String) { ("artifactregistry.googleapis.com", "Artifact Registry API") }

    static var permissions: [String: String] {
        let verbs = [
            "get": "repositories.get", "list": "repositories.list", "create": "repositories.create",
            "delete": "repositories.delete", "dockerImages.get": "dockerimages.get",
            "dockerImages.list": "dockerimages.list", "packages.get": "packages.get",
            "packages.list": "packages.list", "packages.tags.get": "tags.get", "packages.tags.list": "tags.list",
            "packages.versions.get": "versions.get", "getIamPolicy": "repositories.getIamPolicy",
            "setIamPolicy": "repositories.setIamPolicy",
        ]
        return Dictionary(
            uniqueKeysWithValues: verbs.map {
                ("artifactregistry.projects.locations.repositories.\($0)", "artifactregistry.\($1)")
            }
        )
    }

    /// Artifact Registry's contract, and what gcloud uses of its older version.
    public func validators() throws -> [ContractValidator] { try Self.contracts.get() }

    func ownPolicy(of resource: String) -> IAMPolicy? {
        repositories.withLock { $0[repositoryName(resource)]?.policy }
    }

    func perform(_ call: JSONCall) throws -> JSONValue {
        let prefix = "artifactregistry.projects.locations."
        switch call.method.dropFirst(prefix.count) {
        case "list":
            let locations = Self.locations.map { id -> JSONValue in
                ["name": .string("projects/\(project.id)/locations/\(id)"), "locationId": .string(id)]
            }
            return ["locations": .array(locations)]
        case "operations.get":
            guard let operation = operations.poll(call.path("name")) else { throw Refusal.entityNotFound }
            return operation
        case "repositories.list": return try list(call)
        case "repositories.create": return try create(call)
        case "repositories.get": return .object(try repository(call.path("name")).fields)
        case "repositories.testIamPermissions":
            _ = try repository(call.path("resource"))
            return try testPermissions(call)
        case "repositories.getIamPolicy": return try getPolicy(call)
        case "repositories.setIamPolicy": return try setPolicy(call)
        case "repositories.dockerImages.list": return try listImages(call)
        case "repositories.dockerImages.get": return try image(call)
        case "repositories.packages.list": return try listPackages(call)
        case "repositories.packages.get": return try package(call.path("name")).json
        case "repositories.packages.tags.list": return try listTags(call)
        case "repositories.packages.tags.get": return try tag(call.path("name"))
        case "repositories.packages.versions.get": return try version(call.path("name"))
        default: throw Refusal.rpc(501, "The sandbox does not offer \(call.method).")
        }
    }

    // MARK: repositories

    /// The canonical name, with the project's id, of the first six parts.
    private func repositoryName(_ name: String) -> String {
        var parts = name.split(separator: "/").map(String.init)
        if parts.count > 1 { parts[1] = project.id }
        return parts.prefix(6).joined(separator: "/")
    }

    private func repository(_ name: String) throws -> Repository {
        guard let repository = repositories.withLock({ $0[repositoryName(name)] }) else { throw Refusal.entityNotFound }
        return repository
    }

    private func list(_ call: JSONCall) throws -> JSONValue {
        let prefix = repositoryName(call.path("parent")) + "/"
        let all = repositories.withLock { repositories in
            repositories.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map(\.value.fields)
        }
        return try listing(all.map(JSONValue.object), as: "repositories", call)
    }

    private func listing(_ items: [JSONValue], as name: String, _ call: JSONCall) throws -> JSONValue {
        let (part, next) = try page(items, call, size: 100, limit: 1_000)
        var json: JSONObject = [:]
        if !part.isEmpty { json[name] = .array(Array(part)) }
        json["nextPageToken"] = next.map(JSONValue.string)
        return .object(json)
    }

    private func create(_ call: JSONCall) throws -> JSONValue {
        let id = call.parameter("repositoryId") ?? ""
        guard wholeMatch(id, pattern: "[a-z]([a-z0-9-]{0,61}[a-z0-9])?") else {
            throw Refusal.rpc(400, "The repository id '\(id)' does not match [a-z]([a-z0-9-]{0,61}[a-z0-9])?.")
        }
        guard let body = call.body?.object, body["format"]?.string?.isEmpty == false else {
            throw Refusal.rpc(400, "The repository's format is missing.")
        }
        let parent = repositoryName(call.path("parent"))
        let location = parent.split(separator: "/").last.map(String.init) ?? ""
        guard project.orgPolicies.allows(location: location) else {
            throw Refusal.rpc(
                400,
                "\(location) violates constraint constraints/gcp.resourceLocations on the resource "
                    + "projects/\(project.id)/locations/\(location)/repositories/\(id).",
                word: "FAILED_PRECONDITION"
            )
        }
        let name = "\(parent)/repositories/\(id)"
        let fields = Self.fields(of: name, from: body)
        try repositories.withLock { repositories in
            guard repositories[name] == nil else { throw Refusal.rpc(409, "the repository already exists") }
            repositories[name] = Repository(fields: fields)
        }
        return operations.start(under: "\(parent)/operations/", metadata: [:], response: .object(fields))
    }

    // MARK: policies

    private func getPolicy(_ call: JSONCall) throws -> JSONValue {
        let version = call.parameter("options.requestedPolicyVersion").flatMap { Int($0) } ?? 0
        guard [0, 1, 3].contains(version) else {
            throw Refusal.rpc(400, "Invalid requested policy version \(version).")
        }
        return try repository(call.path("resource")).policy.json(requestedVersion: version)
    }

    private func setPolicy(_ call: JSONCall) throws -> JSONValue {
        guard let policy = call.body?["policy"] else { throw Refusal.rpc(400, "The policy is missing.") }
        let name = repositoryName(call.path("resource"))
        let rules = IAMPolicy.Rules(accounts: project.accounts, allowsAllUsers: true)
        return try repositories.withLock { repositories in
            guard var repository = repositories[name] else { throw Refusal.entityNotFound }
            do throws(IAMPolicy.Problem) {
                try repository.policy.replace(with: policy, rules: rules)
            } catch {
                throw Refusal.policy(error)
            }
            repositories[name] = repository
            return repository.policy.json(requestedVersion: 3)
        }
    }

    // MARK: images

    private func package(_ name: String) throws -> (json: JSONValue, versions: [(digest: String, tags: [String])]) {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count >= 8, let versions = try repository(name).packages[parts[7]] else {
            throw Refusal.entityNotFound
        }
        let full = "\(repositoryName(name))/packages/\(parts[7])"
        return (["name": .string(full), "createTime": "2025-01-01T00:00:00Z"], versions)
    }

    private func listPackages(_ call: JSONCall) throws -> JSONValue {
        let parent = call.path("parent")
        let names = try repository(parent).packages.keys.sorted()
        return try listing(try names.map { try package("\(parent)/packages/\($0)").json }, as: "packages", call)
    }

    private func tag(_ name: String) throws -> JSONValue {
        let tag = name.split(separator: "/").last.map(String.init) ?? ""
        guard let version = try package(name).versions.first(where: { $0.tags.contains(tag) }) else {
            throw Refusal.entityNotFound
        }
        let package = name.split(separator: "/").dropFirst(7).first ?? ""
        let full = "\(repositoryName(name))/packages/\(package)"
        return ["name": .string("\(full)/tags/\(tag)"), "version": .string("\(full)/versions/\(version.digest)")]
    }

    private func version(_ name: String) throws -> JSONValue {
        let digest = name.split(separator: "/").last.map(String.init) ?? ""
        guard try package(name).versions.contains(where: { $0.digest == digest }) else { throw Refusal.entityNotFound }
        return [
            "name": .string(repositoryName(name) + "/" + name.split(separator: "/").dropFirst(6).joined(separator: "/"))
        ]
    }

    private func listTags(_ call: JSONCall) throws -> JSONValue {
        let parent = call.path("parent")
        let tags = try package(parent).versions.flatMap(\.tags).sorted()
        return try listing(try tags.map { try tag("\(parent)/tags/\($0)") }, as: "tags", call)
    }

    private func images(of name: String) throws -> [JSONValue] {
        let full = repositoryName(name)
        let parts = full.split(separator: "/")
        let registry = "\(parts[3])-docker.pkg.dev/\(project.id)/\(parts[5])"
        return try repository(name).packages.sorted { $0.key < $1.key }.flatMap { package, versions in
            versions.map { version -> JSONValue in
                [
                    "name": .string("\(full)/dockerImages/\(package)@\(version.digest)"),
                    "uri": .string("\(registry)/\(package)@\(version.digest)"),
                    "tags": .array(version.tags.map(JSONValue.string)), "imageSizeBytes": "48211456",
                    "uploadTime": "2025-01-01T00:00:00Z", "updateTime": "2025-01-01T00:00:00Z",
                    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                ]
            }
        }
    }

    private func listImages(_ call: JSONCall) throws -> JSONValue {
        try listing(try images(of: call.path("parent")), as: "dockerImages", call)
    }

    private func image(_ call: JSONCall) throws -> JSONValue {
        let wanted = call.path("name").split(separator: "/").last ?? ""
        let found = try images(of: call.path("name")).first { $0["name"]?.string?.hasSuffix("/\(wanted)") == true }
        guard let found else { throw Refusal.entityNotFound }
        return found
    }
}
