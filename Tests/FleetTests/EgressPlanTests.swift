import Common
import Console
import GoogleCloud
import Testing

@testable import Fleet

@Suite("Shared egress: the plan")
struct EgressPlanTests {
    private func state(
        access: Bool = false,
        address: ComputeAddress? = nil,
        routers: [ComputeRouter] = []
    ) -> EgressState {
        EgressState(
            region: "r-1",
            network: "default",
            subnetworkName: "default",
            subnetwork: ComputeSubnetwork(
                name: "default",
                region: "r-1",
                network: "default",
                hasPrivateGoogleAccess: access
            ),
            address: address,
            routers: routers
        )
    }

    private func router(_ name: String, network: String = "default", _ nats: ComputeRouter.NAT...) -> ComputeRouter {
        ComputeRouter(name: name, region: "r-1", network: network, nats: nats)
    }

    private func address(users: String...) -> ComputeAddress {
        ComputeAddress(name: "tick-data-egress", region: "r-1", address: "203.0.113.9", users: users)
    }

    private let ours = ComputeRouter.NAT(name: "tick-data-nat", addresses: ["tick-data-egress"])

    private func problem(_ state: EgressState) -> String? {
        do {
            _ = try EgressPlan(state)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("what is missing is made, in order, at most three changes; what is there is not")
    func steps() throws {
        #expect(try EgressPlan(state()).steps == [.reserveAddress, .allowGoogleAccess, .makeRouter])
        #expect(try EgressPlan(state(access: true)).steps == [.reserveAddress, .makeRouter])
        #expect(try EgressPlan(state(address: address())).steps == [.allowGoogleAccess, .makeRouter])
        let made = state(
            access: true,
            address: address(users: "tick-data-router"),
            routers: [router("tick-data-router", ours)]
        )
        #expect(try EgressPlan(made).steps == [])
        #expect(try EgressPlan(made).borrowed == nil)
        let half = state(address: address(users: "tick-data-router"), routers: [router("tick-data-router", ours)])
        #expect(try EgressPlan(half).steps == [.allowGoogleAccess])
    }

    @Test("a NAT of somebody else that covers the subnetwork is used if it has one address of its own")
    func borrowed() throws {
        let one = router("corp", .init(name: "gate", addresses: ["a"], coverage: .only(["other", "default"])))
        let plan = try EgressPlan(state(routers: [one]))
        #expect(plan.steps == [.allowGoogleAccess])
        #expect(plan.borrowed == "corp/gate")
    }

    @Test("other NATs are no hindrance where they do not cover the subnetwork")
    func elsewhere() throws {
        let others = [
            router("a", .init(name: "n", addresses: nil, coverage: .only(["other"]))),
            router("b", network: "corp", .init(name: "n", addresses: nil)),
            router("c", .init(name: "n", addresses: nil, isPublic: false)),
        ]
        #expect(try EgressPlan(state(access: true, routers: others)).steps == [.reserveAddress, .makeRouter])
    }

    @Test("where one address cannot be had, the reason and the remedy are named")
    func problems() {
        #expect(
            problem(state(routers: [router("corp", .init(name: "gate", addresses: nil))]))
                == "subnetwork default in r-1 already goes out through the Cloud NAT corp/gate, which has no address of its own; "
                + "give it one reserved address, name another --subnet, or use --egress direct"
        )
        #expect(
            problem(state(routers: [router("corp", .init(name: "gate", addresses: ["a", "b"]))]))?.contains(
                "2 addresses"
            )
                == true
        )
        #expect(
            problem(state(routers: [router("tick-data-router", network: "corp", ours)]))
                == "the router tick-data-router in r-1 does not serve subnetwork default; "
                + "remove it with cleanup-tick-vms, or use --egress direct"
        )
        #expect(problem(state(routers: [router("tick-data-router")]))?.contains("does not serve") == true)
        #expect(problem(state(address: address(users: "web-1")))?.contains("is in use by web-1") == true)
        var nowhere = state()
        nowhere.subnetwork = nil
        #expect(
            problem(nowhere)
                == "there is no subnetwork default in r-1 on network default; name one with --network and --subnet"
        )
        var elsewhere = state()
        elsewhere.network = "corp"
        #expect(problem(elsewhere)?.contains("on network corp") == true)
        #expect(EgressProblem("x").exitStatus == .usage)
    }

    @Test("only what has the kit's names goes, where no VM is left and nobody else uses it")
    func removal() {
        func address(_ name: String, _ region: String, users: String...) -> ComputeAddress {
            ComputeAddress(name: name, region: region, address: "", users: users)
        }
        func router(_ name: String, _ region: String, nats: String...) -> ComputeRouter {
            ComputeRouter(
                name: name,
                region: region,
                network: "default",
                nats: nats.map { .init(name: $0, addresses: ["a"]) }
            )
        }
        let chosen = EgressRemoval.choose(
            routers: [
                router("tick-data-router", "r-1", nats: "tick-data-nat"),
                router("tick-data-router", "r-2", nats: "tick-data-nat"),
                router("tick-data-router", "r-4", nats: "tick-data-nat", "corp-nat"),
                router("tick-data-router-2", "r-5"),
            ],
            addresses: [
                address("tick-data-egress", "r-1", users: "tick-data-router"), address("tick-data-egress", "r-2"),
                address("tick-data-egress", "r-3", users: "web-1"), address("my-tick-data-egress", "r-6"),
                address("tick-data-egress", "", users: "balancer"), address("tick-data-egress", "r-7"),
            ],
            vms: [
                ComputeInstance(name: "any", zone: "r-2-a", status: .terminated),
                ComputeInstance(name: "any", zone: "r-4-a", status: .running),
            ]
        )
        #expect(chosen.map(\.region) == ["r-1", "r-2", "r-3", "r-4", "r-7"])
        #expect(
            chosen.map(\.names) == [
                ["router tick-data-router", "address tick-data-egress"],
                ["router tick-data-router", "address tick-data-egress"], ["address tick-data-egress"],
                ["router tick-data-router"], ["address tick-data-egress"],
            ]
        )
        #expect(chosen.map { $0.obstacle == nil } == [true, false, false, false, true])
        #expect(chosen[1].obstacle == "VMs with the kit's label are in the region: any")
        #expect(chosen[3].obstacle == "the router tick-data-router has a NAT corp-nat that is not the kit's")
    }
}
