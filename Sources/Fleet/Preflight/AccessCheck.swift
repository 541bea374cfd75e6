import Console
import GoogleCloud

/// Whether the project has what VMs need, and operator and service account may do what they must.
struct AccessCheck: Sendable {
    let order: FleetOrder
    let world: FleetWorld

    static let setup = "./orchestration/setup-iam.sh"

    // MARK: APIs

    /// APIs without which nothing works; Secret Manager is told apart, as the key has another way.
    private static let neededAPIs = [
        "compute.googleapis.com", "storage.googleapis.com", "artifactregistry.googleapis.com",
    ]

    func apis() async -> Checked<Void> {
        do {
            let enabled = try await world.services.enabled(Self.neededAPIs, project: order.project)
            let missing = Self.neededAPIs.filter { !enabled.contains($0) }
            guard !missing.isEmpty else { return Checked((), [Finding("APIs", .fine, "enabled")]) }
            let text = "not enabled: \(missing.joined(separator: ", ")); \(Self.setup) --enable-apis enables them"
            return Checked(nil, [Finding("APIs", .error(.failed), text, isAboutLaunch: true)])
        } catch {
            return Checked(nil, [notLookedUp("APIs", error)])
        }
    }

    // MARK: Image

    func image() async -> Checked<Void> {
        guard let image = ImageReference(order.image) else {
            let text = "\(order.image) is not in Artifact Registry and was not looked up"
            return Checked(nil, [Finding("image", .warning, text)])
        }
        do {
            guard try await world.images.exists(image) else {
                let text =
                    "\(order.image) is not there; build it: gcloud builds submit --config orchestration/cloudbuild.yaml "
                    + "(if the build may not push it: \(Self.setup) --cloud-build)"
                return Checked(nil, [Finding("image", .error(.usage), text, isAboutLaunch: true)])
            }
            return Checked((), [Finding("image", .fine, order.image)])
        } catch  where error.kind == .permission || error.kind == .apiDisabled {
            return Checked(nil, [notLookedUp("image", error)])
        } catch {
            return Checked(nil, [Finding("image", error, isAboutLaunch: true)])
        }
    }

    // MARK: The operator

    /// What a launch needs of the operator, in the project.
    func permissions(egress: FleetOrder.Egress) async -> Checked<Void> {
        var needed = [
            "compute.disks.create", "compute.instances.create", "compute.instances.delete", "compute.instances.list",
            "compute.instances.setLabels", "compute.instances.setMetadata", "compute.instances.setServiceAccount",
            "compute.instances.start",
        ]
        // That of a shared subnetwork is a permission in another project.
        if order.hostProject == nil { needed.append("compute.subnetworks.use") }
        if egress == .direct, order.hostProject == nil { needed.append("compute.subnetworks.useExternalIp") }
        do {
            let granted = try await world.projects.testPermissions(needed, project: order.project)
            let missing = needed.filter { !granted.contains($0) }
            guard !missing.isEmpty else { return Checked((), [Finding("permissions", .fine, "enough to launch")]) }
            let text =
                "these credentials lack \(missing.joined(separator: ", ")) in \(order.project); "
                + "roles/compute.instanceAdmin.v1 has them"
            return Checked(nil, [Finding("permissions", .error(.credentials), text, isAboutLaunch: true)])
        } catch {
            return Checked(nil, [notLookedUp("permissions", error)])
        }
    }

    /// Whether these credentials may have VMs run as the service account, which Compute Engine asks only when VMs are made.
    func actAs() async -> Checked<Void> {
        let account = order.serviceAccount
        do {
            let granted = try await world.accounts.testPermissions([GoogleAPIError.actAs], account: account)
            guard granted.isEmpty else {
                return Checked((), [Finding("service account use", .fine, "VMs may run as \(account)")])
            }
            let who = world.identity.map { "serviceAccount:\($0)" } ?? "user:YOU"
            let text =
                "these credentials lack \(GoogleAPIError.actAs) on \(account), so VMs cannot run as it; grant it: "
                + "gcloud iam service-accounts add-iam-policy-binding \(account) --member=\(who) "
                + "--role=roles/iam.serviceAccountUser --project=\(order.project)"
            return Checked(nil, [Finding("service account use", .error(.credentials), text, isAboutLaunch: true)])
        } catch  where error.kind == .apiDisabled {
            // Not among the runbook's APIs; the launch itself says it then.
            let text = "not looked up, as the project has not enabled \(GoogleService.iam.apiName)"
            return Checked(nil, [Finding("service account use", .fine, text)])
        } catch  where error.kind == .notFound {
            let text = "there is no service account \(account); correct --service-account or SERVICE_ACCOUNT"
            return Checked(nil, [Finding("service account use", .error(.usage), text, isAboutLaunch: true)])
        } catch {
            return Checked(nil, [notLookedUp("service account use", error)])
        }
    }

    // MARK: The service account

    /// Roles that do instead of each of the runbook's.
    private static let stronger: [String: [String]] = [
        "roles/storage.objectAdmin": ["roles/storage.admin", "roles/storage.objectUser"],
        "roles/artifactregistry.reader": [
            "roles/artifactregistry.writer", "roles/artifactregistry.repoAdmin", "roles/artifactregistry.admin",
            "roles/viewer", "roles/editor", "roles/owner",
        ],
        "roles/compute.instanceAdmin": [
            "roles/compute.instanceAdmin.v1", "roles/compute.admin", "roles/editor", "roles/owner",
        ],
    ]

    func roles() async -> Checked<Void> {
        let member = RunbookAccess.member(order.serviceAccount)
        do {
            let policy = try await world.projects.iam(order.project).policy()
            var missing = RunbookAccess.roles.filter { role in
                !([role] + (Self.stronger[role] ?? [])).contains { policy.grants($0, to: member) }
            }
            // A condition, or the bucket's and the repository's own policies, may give the same more narrowly.
            missing.removeAll { role in
                policy.bindings(of: member).contains { $0.condition != nil && $0.role.hasPrefix(role) }
            }
            if !missing.isEmpty { missing = try await stillMissing(missing, member) }
            guard !missing.isEmpty else {
                return Checked((), [Finding("service account", .fine, "\(order.serviceAccount) has its roles")])
            }
            // No error: what is given by a group, a folder, the organisation or a role of one's own stands in no policy here.
            let text =
                "the policies of project, bucket and repository give \(order.serviceAccount) no "
                + "\(missing.joined(separator: ", ")); unless a group, folder, organisation or custom role does, VMs fail: "
                + "\(Self.setup) adds them"
            return Checked(nil, [Finding("service account", .warning, text, isAboutLaunch: true)])
        } catch {
            return Checked(nil, [notLookedUp("service account", error)])
        }
    }

    private func stillMissing(_ roles: [String], _ member: String) async throws -> [String] {
        var missing: [String] = []
        for role in roles {
            let resource: IAMResource? =
                switch role {
                case "roles/storage.objectAdmin": (world.store as? GCSStore)?.iam
                case "roles/artifactregistry.reader":
                    ImageReference(order.image).map { world.images.iam($0.repository) }
                default: nil
                }
            let names = [role] + (Self.stronger[role] ?? [])
            let policy = try await resource?.policy()
            if !names.contains(where: { policy?.grants($0, to: member) == true }) { missing.append(role) }
        }
        return missing
    }

    /// What the operator may not look at need not be wrong.
    private func notLookedUp(_ check: String, _ error: any Error) -> Finding {
        Finding(check, .warning, "could not be looked up, and is taken for good: \(error)")
    }
}
