import Text

extension ComputeService {
    /// The project and the part of it that a request is about; only such as there are.
    struct Place: Sendable {
        let project: ComputeOptions.Project
        let scope: ComputeScope

        init(_ call: JSONCall, _ options: ComputeOptions) throws {
            let named = call.path("project")
            guard let project = options.projects.first(where: { $0.id == named || String($0.number) == named }) else {
                throw Refusal.noSuchResource("projects/\(named)")
            }
            self.project = project
            let zone = call.path("zone")
            let region = call.path("region")
            if !zone.isEmpty {
                guard call.method == "compute.zones.get" || options.regions.contains(where: { $0.zones.contains(zone) })
                else { throw Refusal.invalid("zone", zone, "Unknown zone.") }
                scope = .zone(zone)
            } else if !region.isEmpty {
                guard call.method == "compute.regions.get" || options.regions.contains(where: { $0.name == region })
                else { throw Refusal.invalid("region", region, "Unknown region.") }
                scope = .region(region)
            } else {
                scope = .global
            }
        }

        func key(_ name: String) -> ResourceKey { ResourceKey(project: project.id, scope: scope, name: name) }
    }

    /// All places of a project in the order of aggregated lists: its zones, then its regions, then itself.
    func scopes(zones: Bool, regions: Bool, global: Bool) -> [ComputeScope] {
        (global ? [.global] : []) + (regions ? options.regions.map { .region($0.name) } : [])
            + (zones ? options.regions.flatMap { $0.zones.map(ComputeScope.zone) } : [])
    }

    func region(of zone: ComputeScope) throws -> ComputeOptions.Region {
        guard let region = options.regions.first(where: { $0.name == zone.region }) else {
            throw Refusal.invalid("zone", zone.name, "Unknown zone.")
        }
        return region
    }

    static func addDefaultNetwork(of project: String, _ regions: [ComputeOptions.Region], to state: inout ComputeState)
    {
        let now = JSONValue.string(ComputeClock.text(Clock.microseconds()))
        let network = ResourceKey(project: project, scope: .global, name: "default")
        let subnetworks = regions.map { ResourceKey(project: project, scope: .region($0.name), name: "default") }
        state[.networks, network] = [
            "kind": "compute#network", "id": .string(String(state.newID())), "creationTimestamp": now,
            "name": "default", "description": "Default network for the project",
            "selfLink": .string(network.link("networks")), "autoCreateSubnetworks": true,
            "subnetworks": .array(subnetworks.map { .string($0.link("subnetworks")) }),
            "routingConfig": ["routingMode": "REGIONAL"],
            "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
        ]
        for (region, key) in zip(regions, subnetworks) {
            state[.subnetworks, key] = [
                "kind": "compute#subnetwork", "id": .string(String(state.newID())), "creationTimestamp": now,
                "name": "default", "network": .string(network.link("networks")),
                "ipCidrRange": .string("\(region.subnet).0.0/20"),
                "gatewayAddress": .string("\(region.subnet).0.1"),
                "region": .string(ComputeLink.url("projects/\(project)/regions/\(region.name)")),
                "selfLink": .string(key.link("subnetworks")), "privateIpGoogleAccess": false,
                "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS", "purpose": "PRIVATE", "stackType": "IPV4_ONLY",
                "fingerprint": .string(fingerprint(.string(region.name))),
            ]
        }
    }
}
