import GoogleCloud
import Transport

/// Makes and removes what lets the VMs of a region share one address. Errors are `GoogleAPIError` and `EgressProblem`.
struct SharedEgress: Sendable {
    private let compute: ComputeClient
    private let clock: ToolClock
    private let onStep: @Sendable (_ region: String, _ text: String) -> Void

    /// An executor; `onStep` hears of each before it is made.
    init(
        _ compute: ComputeClient,
        clock: ToolClock,
        onStep: @escaping @Sendable (_ region: String, _ text: String) -> Void = { _, _ in }
    ) {
        self.compute = compute
        self.clock = clock
        self.onStep = onStep
    }

    // MARK: Making

    /// What is there, in three reads. Without names it is the default network; a subnetwork alone brings its network, and of a
    /// network alone the subnetwork of its name is taken, as networks with automatic subnetworks have it.
    func look(region: String, network: String?, subnetwork: String?) async throws(GoogleAPIError) -> EgressState {
        let name = subnetwork ?? network ?? "default"
        let found: (ComputeSubnetwork?, ComputeAddress?, [ComputeRouter])
        do {
            async let subnet = compute.subnetwork(region: region, name: name)
            async let address = compute.address(region: region, name: FleetNames.Egress.address)
            async let routers = compute.routers(region: region)
            found = try await (subnet, address, routers)
        } catch let error as GoogleAPIError {
            throw error
        } catch {
            throw Self.cancelled("look for the shared egress of \(region)")
        }
        return EgressState(
            region: region,
            network: network ?? found.0?.network ?? "default",
            subnetworkName: name,
            subnetwork: found.0,
            address: found.1,
            routers: found.2
        )
    }

    /// Sees to it that VMs of the subnetwork can go out from one address: at most three changes, none when all is there.
    /// Returns the plan that it found, its steps carried out.
    @discardableResult
    func ensure(region: String, network: String?, subnetwork: String?) async throws -> EgressPlan {
        var tries = 0
        while true {
            let plan = try EgressPlan(try await look(region: region, network: network, subnetwork: subnetwork))
            do {
                try await carryOut(plan)
                return plan
            } catch let error as GoogleAPIError where error.kind == .alreadyExists || error.kind == .conflict {
                // Somebody does the same at this moment, such as another date's launch: what they make serves both.
                tries += 1
                guard tries < 5 else { throw error }
                try await clock.sleep(.seconds(tries))
            }
        }
    }

    private func carryOut(_ plan: EgressPlan) async throws {
        async let access: Void = allowGoogleAccess(plan)
        if plan.steps.contains(.reserveAddress) {
            onStep(plan.region, EgressPlan.Step.reserveAddress.text)
            try await finish(
                "reserve address \(FleetNames.Egress.address) in \(plan.region)",
                try await compute.insertAddress(
                    region: plan.region,
                    name: FleetNames.Egress.address,
                    requestID: RequestID(random: clock.random)
                )
            )
        }
        if plan.steps.contains(.makeRouter) {
            onStep(plan.region, EgressPlan.Step.makeRouter.text)
            try await finish(
                "create router \(FleetNames.Egress.router) in \(plan.region)",
                try await compute.insertRouter(
                    region: plan.region,
                    name: FleetNames.Egress.router,
                    network: plan.network,
                    nat: FleetNames.Egress.nat,
                    address: FleetNames.Egress.address,
                    requestID: RequestID(random: clock.random)
                )
            )
        }
        try await access
    }

    private func allowGoogleAccess(_ plan: EgressPlan) async throws {
        guard plan.steps.contains(.allowGoogleAccess) else { return }
        onStep(plan.region, EgressPlan.Step.allowGoogleAccess.text)
        try await finish(
            "switch Private Google Access on for subnetwork \(plan.subnetwork) in \(plan.region)",
            try await compute.setPrivateIPGoogleAccess(
                true,
                region: plan.region,
                subnetwork: plan.subnetwork,
                requestID: RequestID(random: clock.random)
            )
        )
    }

    // MARK: Removing

    /// What there is of the kit's shared egress in all regions; it stays where one of the VMs is. Routers are asked for only where there is an
    /// address: it is made before and removed after the router, and less permission is needed to see it.
    func leftovers(unless vms: [ComputeInstance]) async throws(GoogleAPIError) -> [EgressRemoval] {
        let addresses = try await compute.addresses(filter: "name = \(FleetNames.Egress.address)")
        guard !addresses.isEmpty else { return [] }
        let routers = try await compute.routers(filter: "name = \(FleetNames.Egress.router)")
        return EgressRemoval.choose(routers: routers, addresses: addresses, vms: vms)
    }

    /// Removes the router, then the address, which is free only then. What is gone already is no error; what has an obstacle stays.
    func remove(_ removal: EgressRemoval) async throws(GoogleAPIError) {
        guard removal.obstacle == nil else { return }
        let region = removal.region
        if removal.hasRouter {
            onStep(region, "delete the router \(FleetNames.Egress.router)")
            try await removed("delete router \(FleetNames.Egress.router) in \(region)") { () throws(GoogleAPIError) in
                try await compute.deleteRouter(
                    region: region,
                    name: FleetNames.Egress.router,
                    requestID: RequestID(random: clock.random)
                )
            }
        }
        if removal.hasAddress {
            onStep(region, "delete the address \(FleetNames.Egress.address)")
            try await removed("delete address \(FleetNames.Egress.address) in \(region)") { () throws(GoogleAPIError) in
                try await compute.deleteAddress(
                    region: region,
                    name: FleetNames.Egress.address,
                    requestID: RequestID(random: clock.random)
                )
            }
        }
    }

    private func removed(
        _ operation: String,
        _ delete: () async throws(GoogleAPIError) -> ComputeOperation
    ) async throws(GoogleAPIError) {
        do {
            try await finish(operation, try await delete())
        } catch  where error.kind == .notFound {
            return
        }
    }

    private func finish(_ what: String, _ operation: ComputeOperation) async throws(GoogleAPIError) {
        try await compute.wait(operation).checked(what)
    }

    private static func cancelled(_ operation: String) -> GoogleAPIError {
        GoogleAPIError(.transport, operation: operation, detail: "cancelled", retryAdvice: .never)
    }
}
