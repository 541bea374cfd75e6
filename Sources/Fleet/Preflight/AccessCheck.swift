import Console
import GoogleCloud

/// Whether the project has what VMs need, and operator and service account may do what they must.
struct AccessCheck: Sendable {
    let spec: LaunchSpec
    let services: FleetServices

    static let setup = "./orchestration/setup-iam.sh"

    // MARK: APIs

    /// APIs without which nothing works; Secret Manager is told apart, as the key has another way.
    private static let neededAPIs = [
        "compute.googleapis.com", "storage.googleapis.com", "artifactregistry.googleapis.com",
    ]

    func apis() async -> CheckOutcome<Void> {
        do {
            let enabled = try await services.serviceUsage.enabled(Self.neededAPIs, project: spec.project)
            let missing = Self.neededAPIs.filter { !enabled.contains($0) }
            guard !missing.isEmpty else { return CheckOutcome((), [CheckResult("APIs", .fine, "enabled")]) }
            let text = "not enabled: \(missing.joined(separator: ", ")); \(Self.setup) --enable-apis enables them"
            return CheckOutcome(nil, [CheckResult("APIs", .error(.failed), text, isAboutLaunch: true)])
        } catch {
            return CheckOutcome(nil, [notLookedUp("APIs", error)])
        }
    }

    // MARK: Image

    func image() async -> CheckOutcome<Void> {
        guard let image = ImageReference(spec.image) else {
            let text = "\(spec.image) is not in Artifact Registry and was not looked up"
            return CheckOutcome(nil, [CheckResult("image", .warning, text)])
        }
        do {
            guard try await services.images.exists(image) else {
                let text =
                    "\(spec.image) is not there; build it: gcloud builds submit --config orchestration/cloudbuild.yaml "
                    + "(if the build may not push it: \(Self.setup) --cloud-build)"
                return CheckOutcome(nil, [CheckResult("image", .error(.usage), text, isAboutLaunch: true)])
            }
            return CheckOutcome((), [CheckResult("image", .fine, spec.image)])
        } catch  where error.kind == .permission || error.kind == .apiDisabled {
            return CheckOutcome(nil, [notLookedUp("image", error)])
        } catch {
            return CheckOutcome(nil, [CheckResult("image", error, isAboutLaunch: true)])
        }
    }

    // MARK: The operator

    /// What a launch needs of the operator, in the project.
    func permissions(egress: LaunchSpec.Egress) async -> CheckOutcome<Void> {
        var needed = [
            "compute.disks.create", "compute.instances.create", "compute.instances.delete", "compute.instances.list",
            "compute.instances.setLabels", "compute.instances.setMetadata", "compute.instances.setServiceAccount",
            "compute.instances.start",
        ]
        // That of a shared subnetwork is a permission in another project.
        if spec.hostProject == nil { needed.append("compute.subnetworks.use") }
        if egress == .direct, spec.hostProject == nil { needed.append("compute.subnetworks.useExternalIp") }
        do {
            let granted = try await services.projects.testPermissions(needed, project: spec.project)
            let missing = needed.filter { !granted.contains($0) }
            guard !missing.isEmpty else {
                return CheckOutcome((), [CheckResult("permissions", .fine, "enough to launch")])
            }
            let text =
                "these credentials lack \(missing.joined(separator: ", ")) in \(spec.project); "
                + "roles/compute.instanceAdmin.v1 has them"
            return CheckOutcome(nil, [CheckResult("permissions", .error(.credentials), text, isAboutLaunch: true)])
        } catch {
            return CheckOutcome(nil, [notLookedUp("permissions", error)])
        }
    }

    /// Whether these credentials may have VMs run as the service account, which Compute Engine asks only when VMs are made.
    func actAs() async -> CheckOutcome<Void> {
        let account = spec.serviceAccount
        do {
            let granted = try await services.accounts.testPermissions([GoogleAPIError.actAs], account: account)
            guard granted.isEmpty else {
                return CheckOutcome((), [CheckResult("service account use", .fine, "VMs may run as \(account)")])
            }
            let who = services.identity.map { "serviceAccount:\($0)" } ?? "user:YOU"
            let text =
                "these credentials lack \(GoogleAPIError.actAs) on \(account), so VMs cannot run as it; grant it: "
                + "gcloud iam service-accounts add-iam-policy-binding \(account) --member=\(who) "
                + "--role=roles/iam.serviceAccountUser --project=\(spec.project)"
            return CheckOutcome(
                nil,
                [CheckResult("service account use", .error(.credentials), text, isAboutLaunch: true)]
            )
        } catch  where error.kind == .apiDisabled {
            // Not among the runbook's APIs; the launch itself says it then.
            let text = "not looked up, as the project has not enabled \(GoogleService.iam.apiName)"
            return CheckOutcome(nil, [CheckResult("service account use", .fine, text)])
        } catch  where error.kind == .notFound {
            let text = "there is no service account \(account); correct --service-account or SERVICE_ACCOUNT"
            return CheckOutcome(nil, [CheckResult("service account use", .error(.usage), text, isAboutLaunch: true)])
        } catch {
            return CheckOutcome(nil, [notLookedUp("service account use", error)])
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

    func roles() async -> CheckOutcome<Void> {
        let member = RequiredRoles.member(spec.serviceAccount)
        do {
            let policy = try await services.projects.iam(spec.project).policy()
            var missing = RequiredRoles.roles.filter { role in
                !([role] + (Self.stronger[role] ?? [])).contains { policy.grants($0, to: member) }
            }
            // A condition, or the bucket's and the repository's own policies, may give the same more narrowly.
            missing.removeAll { role in
                policy.bindings(of: member).contains { $0.condition != nil && $0.role.hasPrefix(role) }
            }
            if !missing.isEmpty { missing = try await stillMissing(missing, member) }
            guard !missing.isEmpty else {
                return CheckOutcome((), [CheckResult("service account", .fine, "\(spec.serviceAccount) has its roles")])
            }
            // No error: what is given by a group, a folder, the organisation or a role of one's own stands in no policy here.
            let text =
                "the policies of project, bucket and repository give \(spec.serviceAccount) no "
                + "\(missing.joined(separator: ", ")); unless a group, folder, organisation or custom role does, VMs fail: "
                + "\(Self.setup) adds them"
            return CheckOutcome(nil, [CheckResult("service account", .warning, text, isAboutLaunch: true)])
        } catch {
            return CheckOutcome(nil, [notLookedUp("service account", error)])
        }
    }

    private func stillMissing(_ roles: [String], _ member: String) async throws -> [String] {
        var missing: [String] = []
        for role in roles {
            let resource: IAMResource? =
                switch role {
                case "roles/storage.objectAdmin": (services.store as? GCSStore)?.iam
                case "roles/artifactregistry.reader":
                    ImageReference(spec.image).map { services.images.iam($0.repository) }
                default: nil
                }
            let names = [role] + (Self.stronger[role] ?? [])
            let policy = try await resource?.policy()
            if !names.contains(where: { policy?.grants($0, to: member) == true }) { missing.append(role) }
        }
        return missing
    }

    /// What the operator may not look at need not be wrong.
    private func notLookedUp(_ check: String, _ error: any Error) -> CheckResult {
        CheckResult(check, .warning, "could not be looked up, and is taken for good: \(error)")
    }
}
