/// What an organisation forbids in its projects.
public enum OrgPolicy: Sendable, Equatable {
    /// VMs must be Shielded VMs, with Secure Boot.
    case requireShieldedVM
    /// Only VMs of these names may have an external address.
    case vmExternalIPAccess(allowed: [String])
    /// Only images of these projects may be used.
    case trustedImageProjects([String])
    /// Resources only in these regions; buckets and repositories as well.
    case resourceLocations([String])
    /// Nobody may use Cloud NAT.
    case restrictCloudNATUsage
    /// Buckets must have uniform access.
    case uniformBucketLevelAccess

    /// The policies' names, for help texts.
    public static let syntax = """
          compute.requireShieldedVm                     VMs must have Secure Boot
          compute.vmExternalIpAccess[=NAME:NAME]        no external addresses, but for VMs of these names
          compute.trustedImageProjects=PROJECT:PROJECT  only images of these projects
          compute.restrictCloudNATUsage                 no Cloud NAT
          gcp.resourceLocations=REGION:REGION           VMs, addresses, buckets, secrets and repositories only there
          storage.uniformBucketLevelAccess              no buckets with access lists
        """

    /// Parses `NAME` or `NAME=VALUE:VALUE`; throws `SandboxError` naming what is wrong.
    public init(parsing text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let values = parts.count == 2 ? parts[1].split(separator: ":").map(String.init) : []
        let name = parts.first ?? ""
        switch (name, values.isEmpty) {
        case ("compute.requireShieldedVm", true): self = .requireShieldedVM
        case ("compute.vmExternalIpAccess", _): self = .vmExternalIPAccess(allowed: values)
        case ("compute.trustedImageProjects", false): self = .trustedImageProjects(values)
        case ("compute.restrictCloudNATUsage", true): self = .restrictCloudNATUsage
        case ("gcp.resourceLocations", false): self = .resourceLocations(values)
        case ("storage.uniformBucketLevelAccess", true): self = .uniformBucketLevelAccess
        default: throw SandboxError("\(text) is no organisation policy that the sandbox knows")
        }
    }
}

extension [OrgPolicy] {
    /// Whether a region, or a location that is none, may be used.
    func allows(location: String) -> Bool {
        allSatisfy { policy in
            guard case .resourceLocations(let allowed) = policy else { return true }
            return allowed.contains(location.lowercased())
        }
    }
}
