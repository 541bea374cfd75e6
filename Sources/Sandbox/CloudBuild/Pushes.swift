import Text

/// Why an image cannot be pushed.
struct PushProblem: Error {
    let detail: String
    /// Nobody may push, or the project is another one's.
    var isDenied = false
}

extension ArtifactRegistryService {
    /// Enters an image by its name, as a push of these contents does, and returns its digest.
    func push(_ name: String, content: String) throws(PushProblem) -> String {
        let start = "error pushing image \"\(name)\": "
        guard let image = ImageReference(name), let package = image.package else {
            throw PushProblem(detail: start + "the sandbox has Artifact Registry only, LOCATION-docker.pkg.dev/...")
        }
        let permission = "artifactregistry.repositories.uploadArtifacts"
        let resource = "projects/\(image.project)/locations/\(image.location)/repositories/\(image.repository)"
        let isAllowed =
            project.buildsAsComputeAccount
            ? project.allows(permission, account: project.serviceAccount, own: ownPolicy(of: resource))
            : !project.isDenied(permission)
        guard project.isNamed(image.project), isAllowed else {
            let denied = "denied: Permission \"\(permission)\" denied on resource \"\(resource)\" (or it may not exist)"
            throw PushProblem(detail: start + denied, isDenied: true)
        }
        guard project.isEnabled("artifactregistry.googleapis.com") else {
            throw PushProblem(
                detail: start + "denied: Artifact Registry API is disabled in project \(project.id)",
                isDenied: true
            )
        }
        guard let digest = try? "sha256:" + sha256Hex("\(resource)/\(package)/\(content)"), enter(image, digest: digest)
        else { throw PushProblem(detail: start + "name unknown: Repository \"\(image.repository)\" not found") }
        return digest
    }
}

extension StorageService {
    /// Makes bytes an object, over what there was.
    func put(_ bytes: [UInt8], as name: String, in bucket: String) throws {
        let part = store.newPart()
        try FileWriter(path: part).write(bytes)
        _ = try store.commit(
            part: part,
            digests: FileDigests(of: OpenFile(path: part)),
            name: name,
            bucket: bucket,
            fields: ["contentType": "text/plain"],
            conditions: StorageConditions(generationMatch: nil)
        )
    }
}
