import GoogleCloud

/// What of the shared egress of one region is to go, when no VM with the kit's label is left there, whatever its name: fleets of
/// other prefixes go out the same way. Private Google Access stays: it costs nothing and hurts nobody.
struct EgressRemoval: Sendable, Equatable {
    let region: String
    let hasRouter: Bool
    let hasAddress: Bool
    /// Why it stays all the same; nil when nothing speaks against its removal.
    private(set) var obstacle: String?

    /// The kit's names of what goes, for people.
    var names: [String] {
        (hasRouter ? ["router \(FleetNames.Egress.router)"] : [])
            + (hasAddress ? ["address \(FleetNames.Egress.address)"] : [])
    }

    /// What there is by region. Resources of other names are not looked at; `vms` are those that need a way out.
    static func choose(
        routers: [ComputeRouter],
        addresses: [ComputeAddress],
        vms: [ComputeInstance]
    ) -> [EgressRemoval] {
        let routers = routers.filter { $0.name == FleetNames.Egress.router }
        let addresses = addresses.filter { $0.name == FleetNames.Egress.address && !$0.region.isEmpty }
        let regions = Set(routers.map(\.region) + addresses.map(\.region))
        return regions.sorted().map { region in
            let router = routers.first { $0.region == region }
            let address = addresses.first { $0.region == region }
            return EgressRemoval(
                region: region,
                hasRouter: router != nil,
                hasAddress: address != nil,
                obstacle: obstacle(router, address)
            ).unless(vms)
        }
    }

    /// The same, with an obstacle where one of the VMs is in the region.
    func unless(_ vms: [ComputeInstance]) -> EgressRemoval {
        let users = vms.filter { ComputeRegion.name(ofZone: $0.zone) == region }.map(\.name)
        guard !users.isEmpty, obstacle == nil else { return self }
        var removal = self
        removal.obstacle = "VMs with the kit's label are in the region: \(NameList.text(users.sorted(), limit: 3))"
        return removal
    }

    private static func obstacle(_ router: ComputeRouter?, _ address: ComputeAddress?) -> String? {
        if let foreign = router?.nats.first(where: { $0.name != FleetNames.Egress.nat }) {
            return "the router \(FleetNames.Egress.router) has a NAT \(foreign.name) that is not the kit's"
        }
        if let foreign = address?.users.first(where: { $0 != FleetNames.Egress.router }) {
            return "the address \(FleetNames.Egress.address) is in use by \(foreign)"
        }
        return nil
    }
}
