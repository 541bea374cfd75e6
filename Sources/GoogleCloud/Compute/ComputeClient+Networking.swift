extension ComputeClient {
    // MARK: Addresses

    /// A reserved address; nil when there is none of that name.
    public func address(region: String, name: String) async throws(GoogleAPIError) -> ComputeAddress? {
        let call = reading(path("regions", region, "addresses", name), "address \(name) in \(region)", "addresses")
        return try await find(call, as: WireAddress.self)?.model
    }

    /// The reserved addresses of all regions.
    public func addresses(filter: String? = nil) async throws(GoogleAPIError) -> [ComputeAddress] {
        let call = listing(
            path("aggregated", "addresses"),
            filter: filter,
            of: "the addresses of project \(project)",
            needs: "compute.addresses.list"
        )
        return try await all(call, pages: WireAggregate<WireAddress>.self).map(\.model)
    }

    /// Reserves an external IPv4 address.
    public func insertAddress(region: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        struct New: Encodable {
            let name: String
            let description = "The address from which the VMs of the tick data kit are seen"
        }
        let call = changing("POST", path("regions", region, "addresses"), "reserve address \(name) in \(region)")
        return try await change(call.needing("compute.addresses.create"), requestID, body: New(name: name))
    }

    /// Gives an address back. `notFound` when it is gone already.
    public func deleteAddress(region: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = changing("DELETE", path("regions", region, "addresses", name), "delete address \(name) in \(region)")
        return try await change(call.needing("compute.addresses.delete"), requestID)
    }

    // MARK: Routers

    /// A router; nil when there is none of that name.
    public func router(region: String, name: String) async throws(GoogleAPIError) -> ComputeRouter? {
        let call = reading(path("regions", region, "routers", name), "router \(name) in \(region)", "routers")
        return try await find(call, as: WireRouter.self)?.model
    }

    public func routers(region: String) async throws(GoogleAPIError) -> [ComputeRouter] {
        let call = listing(
            path("regions", region, "routers"),
            filter: nil,
            of: "the routers of \(region)",
            needs: "compute.routers.list"
        )
        return try await all(call, pages: WireList<WireRouter>.self).map(\.model)
    }

    /// The routers of all regions.
    public func routers(filter: String? = nil) async throws(GoogleAPIError) -> [ComputeRouter] {
        let call = listing(
            path("aggregated", "routers"),
            filter: filter,
            of: "the routers of project \(project)",
            needs: "compute.routers.list"
        )
        return try await all(call, pages: WireAggregate<WireRouter>.self).map(\.model)
    }

    /// Makes a router with a NAT through which all VMs of the network in the region go out, from one reserved address.
    public func insertRouter(
        region: String,
        name: String,
        network: String,
        nat: String,
        address: String,
        requestID: RequestID
    ) async throws(GoogleAPIError) -> ComputeOperation {
        let call = changing("POST", path("regions", region, "routers"), "create router \(name) in \(region)")
        let body = WireRouter(
            name: name,
            network: link("global", "networks", network),
            nat: nat,
            address: link("regions", region, "addresses", address)
        )
        return try await change(call.needing("compute.routers.create"), requestID, body: body)
    }

    /// Deletes a router with its NATs. `notFound` when it is gone already.
    public func deleteRouter(region: String, name: String, requestID: RequestID) async throws(GoogleAPIError)
        -> ComputeOperation
    {
        let call = changing("DELETE", path("regions", region, "routers", name), "delete router \(name) in \(region)")
        return try await change(call.needing("compute.routers.delete"), requestID)
    }

    // MARK: Networks

    /// A network; nil when there is none of that name.
    public func network(_ name: String) async throws(GoogleAPIError) -> ComputeNetwork? {
        struct Wire: Decodable {
            let name: String
            let autoCreateSubnetworks: Bool?
            let subnetworks: [String]?
        }
        let call = reading(path("global", "networks", name), "network \(name)", "networks")
        return try await find(call, as: Wire.self).map { network in
            ComputeNetwork(
                name: network.name,
                hasAutomaticSubnetworks: network.autoCreateSubnetworks ?? false,
                subnetworks: (network.subnetworks ?? []).map { link in
                    .init(region: part(of: link, behind: "regions") ?? "", name: bareName(link))
                }
            )
        }
    }

    /// A subnetwork; nil when there is none of that name.
    public func subnetwork(region: String, name: String) async throws(GoogleAPIError) -> ComputeSubnetwork? {
        struct Wire: Decodable {
            let name: String
            let network: String?
            let privateIpGoogleAccess: Bool?
        }
        let call = reading(
            path("regions", region, "subnetworks", name),
            "subnetwork \(name) in \(region)",
            "subnetworks"
        )
        return try await find(call, as: Wire.self).map { subnetwork in
            ComputeSubnetwork(
                name: subnetwork.name,
                region: region,
                network: bareName(subnetwork.network ?? ""),
                hasPrivateGoogleAccess: subnetwork.privateIpGoogleAccess ?? false
            )
        }
    }

    /// Lets VMs without an external address reach Google's services, or not.
    public func setPrivateIPGoogleAccess(
        _ isOn: Bool,
        region: String,
        subnetwork: String,
        requestID: RequestID
    ) async throws(GoogleAPIError) -> ComputeOperation {
        struct Body: Encodable {
            let privateIpGoogleAccess: Bool
        }
        let call = changing(
            "POST",
            path("regions", region, "subnetworks", subnetwork, "setPrivateIpGoogleAccess"),
            "switch Private Google Access \(isOn ? "on" : "off") for subnetwork \(subnetwork) in \(region)"
        )
        return try await change(
            call.needing("compute.subnetworks.setPrivateIpGoogleAccess"),
            requestID,
            body: Body(privateIpGoogleAccess: isOn)
        )
    }

    private func reading(_ path: String, _ what: String, _ collection: String) -> GoogleAPI.Call {
        GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path,
            operation: "read \(what)",
            needs: "compute.\(collection).get"
        )
    }

    private func changing(_ verb: String, _ path: String, _ operation: String) -> GoogleAPI.Call {
        GoogleAPI.Call(verb: verb, service: .compute, path: path, operation: operation)
    }
}

extension GoogleAPI.Call {
    fileprivate func needing(_ permission: String) -> GoogleAPI.Call {
        var call = self
        call.needs = permission
        return call
    }
}
