/// Which of Google's predefined roles have a permission, as far as the virtual machines of the kit need it.
///
/// From cloud.google.com/iam/docs/roles-permissions. On buckets the basic roles work by the legacy roles of their conveniences.
enum PredefinedRoles {
    /// The roles with a permission; those that may do everything in the project when it is not known here.
    static func with(_ permission: String) -> Set<String> {
        table[permission] ?? (permission.hasPrefix("compute.") ? compute : basic)
    }

    private static let basic: Set = ["roles/owner", "roles/editor"]
    private static let compute = basic.union([
        "roles/compute.admin", "roles/compute.instanceAdmin", "roles/compute.instanceAdmin.v1",
    ])
    private static let objects = basic.union([
        "roles/storage.admin", "roles/storage.objectAdmin", "roles/storage.objectUser",
        "roles/cloudbuild.builds.builder",
    ])
    private static let registry = basic.union([
        "roles/viewer", "roles/artifactregistry.admin", "roles/artifactregistry.repoAdmin",
        "roles/artifactregistry.writer", "roles/artifactregistry.reader",
    ])
    private static let buckets = basic.union([
        "roles/viewer", "roles/storage.admin", "roles/storage.legacyBucketOwner", "roles/storage.legacyBucketReader",
        "roles/storage.legacyBucketWriter",
    ])

    private static let table: [String: Set<String>] = [
        "storage.objects.get": objects.union(["roles/storage.objectViewer", "roles/storage.legacyObjectReader"]),
        "storage.objects.list": objects.union(["roles/storage.objectViewer"]).union(buckets),
        "storage.objects.create": objects.union([
            "roles/storage.objectCreator", "roles/storage.legacyBucketWriter", "roles/storage.legacyBucketOwner",
        ]),
        "storage.objects.delete": objects.union([
            "roles/storage.legacyBucketWriter", "roles/storage.legacyBucketOwner",
        ]),
        "storage.objects.update": objects.union(["roles/storage.legacyObjectOwner"]),
        "storage.buckets.get": buckets,
        "secretmanager.versions.access": [
            "roles/owner", "roles/secretmanager.admin", "roles/secretmanager.secretAccessor",
        ],
        "artifactregistry.repositories.uploadArtifacts": basic.union([
            "roles/artifactregistry.admin", "roles/artifactregistry.repoAdmin", "roles/artifactregistry.writer",
            "roles/cloudbuild.builds.builder",
        ]), "artifactregistry.repositories.get": registry, "artifactregistry.dockerimages.get": registry,
        "artifactregistry.dockerimages.list": registry, "artifactregistry.packages.get": registry,
        "artifactregistry.packages.list": registry, "artifactregistry.tags.get": registry,
        "artifactregistry.tags.list": registry, "artifactregistry.versions.get": registry,
        "artifactregistry.repositories.downloadArtifacts": registry,
        "iam.serviceAccounts.actAs": basic.union(["roles/iam.serviceAccountUser"]),
        "iam.serviceAccounts.getAccessToken": [
            "roles/owner", "roles/iam.serviceAccountTokenCreator", "roles/iam.workloadIdentityUser",
        ],
        "compute.instances.get": compute.union(["roles/viewer", "roles/compute.viewer"]),
        "compute.instances.list": compute.union(["roles/viewer", "roles/compute.viewer"]),
    ]
}
