import Text

extension ComputeService {
    /// Refuses VMs that the organisation's policies forbid, with each breach as an error of its own.
    func checkOrgPolicies(_ draft: InstanceDraft, _ names: [String]) throws {
        let number = options.projects.first { $0.id == draft.project }?.number ?? 0
        let breaches = options.orgPolicies.flatMap { $0.breaches(by: draft, names, projectNumber: number) }
        try Self.refuse(breaches)
    }

    /// Refuses an address, a router or a disk that the organisation's policies forbid.
    func checkOrgPolicies(_ key: ResourceKey, _ collection: ComputeState.Collection, _ body: JSONObject) throws {
        var breaches: [String] = []
        if !options.orgPolicies.allows(location: key.scope.region) {
            let kind = key.scope.path.hasPrefix("zones") ? "ZONE" : "REGION"
            breaches.append(OrgPolicy.wrongLocation("\(kind):\(key.scope.name)", key.path(collection.rawValue)))
        }
        if body["nats"]?.array?.isEmpty == false, options.orgPolicies.contains(.restrictCloudNATUsage) {
            breaches.append(
                "Constraint constraints/compute.restrictCloudNATUsage violated for projects/\(key.project). "
                    + "\(key.path(collection.rawValue)) is not allowed to use Cloud NAT."
            )
        }
        try Self.refuse(breaches)
    }

    private static func refuse(_ breaches: [String]) throws {
        guard let first = breaches.first else { return }
        let errors = breaches.map { message -> JSONValue in
            ["message": .string(message), "domain": "global", "reason": "conditionNotMet"]
        }
        throw Refusal(
            .json(["error": ["code": 412, "message": .string(first), "errors": .array(errors)]], status: 412)
        )
    }
}

extension OrgPolicy {
    static func wrongLocation(_ location: String, _ resource: String) -> String {
        "Location \(location) violates constraint constraints/gcp.resourceLocations on the resource \(resource)."
    }

    /// What of new VMs breaks the policy, in Google's words as public reports have them.
    func breaches(by draft: InstanceDraft, _ names: [String], projectNumber: Int) -> [String] {
        let paths = names.map { "projects/\(draft.project)/zones/\(draft.zone)/instances/\($0)" }
        switch self {
        case .requireShieldedVM:
            let config = draft.others["shieldedInstanceConfig"]
            let missing: [(field: String, usual: Bool, words: String)] = [
                ("enableSecureBoot", false, "Secure Boot"),
                ("enableVtpm", true, "Virtual Trusted Platform Module (vTPM)"),
                ("enableIntegrityMonitoring", true, "Integrity Monitoring"),
            ].filter { config?[$0.field]?.bool ?? $0.usual == false }
            return missing.map { _, _, words in
                "Constraint constraints/compute.requireShieldedVm violated for project projects/\(draft.project). \(words) is not "
                    + "enabled in the 'shielded_instance_config' field. See "
                    + "https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints for more information."
            }
        case .vmExternalIPAccess(let allowed):
            guard draft.hasExternalAddress else { return [] }
            return zip(names, paths).filter { !allowed.contains($0.0) }.map { _, path in
                "Constraint constraints/compute.vmExternalIpAccess violated for project \(projectNumber). Add instance \(path) "
                    + "to the constraint to use external IP with it."
            }
        case .trustedImageProjects(let allowed):
            let used = Set(draft.disks.compactMap { $0.image?.project }).subtracting(allowed)
            return used.sorted().map { project in
                "Constraint constraints/compute.trustedImageProjects violated for project \(draft.project). Use of images from "
                    + "project \(project) is prohibited."
            }
        case .resourceLocations(let allowed):
            if allowed.contains(draft.region) || allowed.contains(draft.zone) { return [] }
            return paths.map { OrgPolicy.wrongLocation("ZONE:\(draft.zone)", $0) }
        case .restrictCloudNATUsage, .uniformBucketLevelAccess: return []
        }
    }
}
