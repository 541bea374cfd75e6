import GoogleCloud

/// What the VMs' service account is given; docs/iam.md says why.
enum RequiredRoles {
    /// The runbook's roles: upload, pull the image, manage VMs.
    static let roles = [
        "roles/storage.objectAdmin", "roles/artifactregistry.reader", "roles/compute.instanceAdmin",
    ]

    /// The runbook's roles, for the whole project.
    static let wide = roles.map { RoleGrant($0, on: .project) }

    /// The same roles, each only where it is needed: the bucket, the repository, and VMs of the kit's names.
    static func narrow(vmNamePrefix: String) -> [RoleGrant] {
        [
            RoleGrant(roles[0], on: .bucket), RoleGrant(roles[1], on: .repository),
            RoleGrant(roles[2], on: .project, condition: ownMachines(vmNamePrefix)),
        ]
    }

    /// Reading of the Tardis key's secret.
    static let secretReader = RoleGrant("roles/secretmanager.secretAccessor", on: .secret)

    /// Building the image and pushing it, for projects in which Cloud Build runs as this account: those whose first build came
    /// after mid-2024. cloud.google.com/build/docs/cloud-build-service-account-updates
    static let builder = RoleGrant("roles/cloudbuild.builds.builder", on: .project)

    /// The APIs that the kit calls: the runbook's four, and those of roles and service accounts, which are not enabled in a new
    /// project either. The last is needed for the key's secret only.
    static func apis(withSecret: Bool) -> [String] {
        ["compute", "storage", "artifactregistry", "cloudbuild", "cloudresourcemanager", "iam"]
            .map { "\($0).googleapis.com" }
            + (withSecret ? [GoogleService.secretManager.apiName] : [])
    }

    /// Holds for VMs, and their disks, that are named as the kit names its own. What has no name of that kind, such as a
    /// list, is not allowed by it.
    private static func ownMachines(_ prefix: String) -> IAMCondition {
        func starts(_ kind: String) -> String {
            "resource.name.extract(\"/\(kind)/{name}\").startsWith(\"\(prefix)-\")"
        }
        return IAMCondition(
            title: "\(prefix) machines",
            description: "VMs of the tick data kit and their disks",
            expression: "\(starts("instances")) || \(starts("disks"))"
        )
    }

    /// The member under which IAM knows a service account.
    static func member(_ serviceAccount: String) -> String { "serviceAccount:\(serviceAccount)" }
}
