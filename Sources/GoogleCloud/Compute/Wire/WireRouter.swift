/// A router, read and written.
struct WireRouter: Codable, AggregatedItem {
    struct NAT: Codable {
        let name: String
        let natIpAllocateOption: String?
        let natIps: [String]?
        let sourceSubnetworkIpRangesToNat: String?
        var subnetworks: [Subnetwork]?
        var type: String?
        let minPortsPerVm: Int?
        let maxPortsPerVm: Int?
        let enableDynamicPortAllocation: Bool?
        let enableEndpointIndependentMapping: Bool?

        var model: ComputeRouter.NAT {
            let isAll = sourceSubnetworkIpRangesToNat?.hasPrefix("ALL_SUBNETWORKS") ?? false
            return ComputeRouter.NAT(
                name: name,
                addresses: natIpAllocateOption == "MANUAL_ONLY" ? (natIps ?? []).map(bareName) : nil,
                coverage: isAll ? .all : .only((subnetworks ?? []).map { bareName($0.name ?? "") }),
                isPublic: type != "PRIVATE"
            )
        }
    }
    struct Subnetwork: Codable {
        let name: String?
    }

    static let collection = "routers"

    let name: String
    var region: String?
    let network: String?
    let nats: [NAT]?

    var model: ComputeRouter {
        ComputeRouter(
            name: name,
            region: bareName(region ?? ""),
            network: bareName(network ?? ""),
            nats: (nats ?? []).map(\.model)
        )
    }

    /// A new router with one NAT for all of a network's VMs in a region, which uses one reserved address.
    init(name: String, network: String, nat: String, address: String) {
        self.name = name
        self.network = network
        nats = [
            NAT(
                name: nat,
                natIpAllocateOption: "MANUAL_ONLY",
                natIps: [address],
                sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
                // An address has 64,512 ports: at 64 it carries a thousand VMs, and a busy one takes more as it needs them.
                // That excludes endpoint-independent mapping.
                minPortsPerVm: 64,
                maxPortsPerVm: 1_024,
                enableDynamicPortAllocation: true,
                enableEndpointIndependentMapping: false
            )
        ]
    }
}

/// A reserved address, as it is read.
struct WireAddress: AggregatedItem {
    static let collection = "addresses"
    let name: String
    let region: String?
    let address: String?
    let users: [String]?

    var model: ComputeAddress {
        ComputeAddress(
            name: name,
            region: bareName(region ?? ""),
            address: address ?? "",
            users: (users ?? []).map(bareName)
        )
    }
}
