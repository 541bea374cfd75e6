import Common
import Console
import GoogleCloud
import Testing

@testable import Fleet

/// Fleets in a subnetwork that another project shares.
@Suite struct SharedVPCTests {
    @Test(
        arguments: [
            ("lan", nil, nil, "lan"),
            ("projects/host/regions/asia-northeast1/subnetworks/lan", "host", "asia-northeast1", "lan"),
            (
                "https://www.googleapis.com/compute/v1/projects/example.com:host/regions/r-1/subnetworks/s",
                "example.com:host",
                "r-1", "s"
            ),
        ] as [(String, String?, String?, String)]
    )
    func subnetworksAreNamedInThreeWays(text: String, host: String?, region: String?, name: String) {
        let found = SubnetworkReference(text)
        #expect(found?.hostProject == host && found?.region == region && found?.name == name)
    }

    @Test(arguments: [
        "", "a/b", "projects/h/regions/r/networks/n", "projects//regions/r/subnetworks/s", "lan?x", "a b",
    ])
    func otherTextsAreNone(text: String) {
        #expect(SubnetworkReference(text) == nil)
    }

    private func nat(_ addresses: [String]?) -> [ComputeRouter] {
        [ComputeRouter(name: "theirs", region: "r", network: "vpc", nats: [.init(name: "nat", addresses: addresses)])]
    }

    private func state(_ routers: [ComputeRouter], access: Bool = true) -> EgressState {
        EgressState(
            region: "r",
            network: "vpc",
            subnetworkName: "lan",
            subnetwork: ComputeSubnetwork(name: "lan", region: "r", network: "vpc", hasPrivateGoogleAccess: access),
            address: nil,
            routers: routers
        )
    }

    @Test func theHostProjectsWayOutIsUsedAndNoneIsMade() async throws {
        try await ExecuteWorld.run { world in
            let order = try world.order { order in
                order.hostProject = "host"
                order.subnetwork = "lan"
            }
            let check = EgressCheck(spec: order, others: [])
            let there = check.check(nil, state(nat(["one"])))
            #expect(there.value == .provided && CheckResults(there.findings).status == nil)
            #expect(there.findings[0].text == "shared, through theirs/nat of host")
            let closed = check.check(nil, nil)
            #expect(closed.value == .provided && closed.findings[0].level == .warning)
            for (routers, access, missing) in [
                ([], true, "Cloud NAT"), (nat(["one"]), false, "Private Google Access"),
                (nat(nil), true, "one reserved address"),
            ] {
                let lacking = check.check(nil, state(routers, access: access))
                #expect(lacking.value == nil && CheckResults(lacking.findings).status == .usage)
                #expect(lacking.findings[0].text.contains(missing))
            }
        }
    }

    @Test func aVMNamesTheSubnetworkByItsPathAndNoNetwork() async throws {
        try await ExecuteWorld.run { world in
            var order = try world.order()
            let facts = MachineCheck.Facts(
                region: ComputeRegion(name: "r", zones: ["r-a"]),
                zones: ["r-a"],
                machineType: nil,
                network: "vpc",
                subnetwork: "lan"
            )
            let request = LaunchMachine.Request(zone: "r-a", names: ["v-0"], minimum: 1, number: 1)
            func made() -> NewInstances { order.new(request, facts, isDirect: false, metadata: [:]) }
            #expect(made().network == "global/networks/vpc" && made().subnetwork == "regions/r/subnetworks/lan")
            order.hostProject = "host"
            #expect(made().network == nil && made().subnetwork == "projects/host/regions/r/subnetworks/lan")
        }
    }
}
