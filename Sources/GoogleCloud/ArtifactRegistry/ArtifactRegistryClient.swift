/// Artifact Registry, v1: Docker repositories and the images in them.
public struct ArtifactRegistryClient: Sendable {
    private let api: GoogleAPI

    public init(api: GoogleAPI) {
        self.api = api
    }

    /// Whether the repository is there; not being allowed to look is an error.
    public func exists(_ repository: RepositoryReference) async throws(GoogleAPIError) -> Bool {
        try await isThere(repository.path, "look up repository \(repository)", "artifactregistry.repositories.get")
    }

    /// Whether the image is there under its tag or digest; false too when its repository is not there.
    public func exists(_ image: ImageReference) async throws(GoogleAPIError) -> Bool {
        let permission =
            switch image.version {
            case .tag: "artifactregistry.tags.get"
            case .digest: "artifactregistry.versions.get"
            }
        return try await isThere(image.path, "look up image \(image)", permission)
    }

    /// Creates a Docker repository and waits until it is there. One that exists is an `alreadyExists`.
    public func create(_ repository: RepositoryReference, description: String) async throws(GoogleAPIError) {
        struct New: Encodable {
            let format = "DOCKER"
            let description: String
        }
        let call = GoogleAPI.Call(
            verb: "POST",
            service: .artifactRegistry,
            path: "\(repository.parentPath)/repositories",
            query: [("repositoryId", repository.repository)],
            operation: "create repository \(repository)",
            needs: "artifactregistry.repositories.create"
        )
        try await api.finish(try await api.send(call, body: New(description: description)), of: call)
    }

    public func iam(_ repository: RepositoryReference) -> IAMResource {
        api.iam(
            .artifactRegistry,
            path: repository.path,
            name: "repository \(repository)",
            reading: .get,
            permissions: "artifactregistry.repositories"
        )
    }

    private func isThere(_ path: String, _ operation: String, _ needs: String) async throws(GoogleAPIError) -> Bool {
        do {
            let _: NothingRead = try await api.send(
                GoogleAPI.Call(
                    verb: "GET",
                    service: .artifactRegistry,
                    path: path,
                    operation: operation,
                    needs: needs
                )
            )
            return true
        } catch  where error.kind == .notFound {
            return false
        }
    }
}
