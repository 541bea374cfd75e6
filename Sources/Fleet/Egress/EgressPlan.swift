import GoogleCloud

/// What is to be made so that the VMs of a region go out from one address, and reach Google's services without one.
///
/// One address, because an ordinary Tardis key serves one address at a time.
struct EgressPlan: Sendable, Equatable {
    enum Step: Sendable, Equatable, CaseIterable {
        case reserveAddress
        /// Switch Private Google Access on for the subnetwork.
        case allowGoogleAccess
        /// Make the router with the Cloud NAT on it; needs the address.
        case makeRouter

        var text: String {
            switch self {
            case .reserveAddress: "reserve the address \(FleetNames.Egress.address)"
            case .allowGoogleAccess: "switch Private Google Access on"
            case .makeRouter: "create the router \(FleetNames.Egress.router) with Cloud NAT"
            }
        }
    }

    let region: String
    let network: String
    let subnetwork: String
    /// What is missing, in order; empty when all is there.
    let steps: [Step]
    /// The router and NAT of somebody else that the VMs go through, `ROUTER/NAT`; nil when it is the kit's.
    let borrowed: String?

    /// The plan for what is there. Throws when one address cannot be had.
    init(_ state: EgressState) throws(EgressProblem) {
        let place = "subnetwork \(state.subnetworkName) in \(state.region)"
        guard let subnetwork = state.subnetwork, subnetwork.network == state.network else {
            throw EgressProblem(
                "there is no \(place) on network \(state.network); name one with --network and --subnet"
            )
        }
        region = state.region
        network = state.network
        self.subnetwork = subnetwork.name

        let access: [Step] = subnetwork.hasPrivateGoogleAccess ? [] : [.allowGoogleAccess]
        let gates = state.routers.filter { $0.network == state.network }.flatMap { router in
            router.nats.filter { $0.covers(subnetwork.name) }.map { (router: router, nat: $0) }
        }
        if let gate = gates.first {
            // Google allows one NAT for a subnetwork, so the kit could not add its own.
            let name = "\(gate.router.name)/\(gate.nat.name)"
            guard gate.nat.addresses?.count == 1 else {
                throw EgressProblem(
                    "\(place) already goes out through the Cloud NAT \(name), which has "
                        + "\(gate.nat.addresses.map { "\($0.count) addresses" } ?? "no address of its own"); "
                        + "give it one reserved address, name another --subnet, or use --egress direct"
                )
            }
            borrowed = gate.router.name == FleetNames.Egress.router ? nil : name
            steps = access
            return
        }
        borrowed = nil
        guard !state.routers.contains(where: { $0.name == FleetNames.Egress.router }) else {
            throw EgressProblem(
                "the router \(FleetNames.Egress.router) in \(state.region) does not serve subnetwork \(subnetwork.name); "
                    + "remove it with cleanup-tick-vms, or use --egress direct"
            )
        }
        if let user = state.address?.users.first {
            throw EgressProblem(
                "the address \(FleetNames.Egress.address) in \(state.region) is in use by \(user); release it, or use --egress direct"
            )
        }
        steps = (state.address == nil ? [.reserveAddress] : []) + access + [.makeRouter]
    }
}
