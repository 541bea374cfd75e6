import Transport
import Common
import Console
import GoogleCloud
import Sandbox
import Testing

@testable import Fleet
import Text

/// Against the stand-in of Compute Engine, over HTTP.
@Suite("Shared egress: made and removed")
struct EgressTests {
    private func egress(_ world: CleanupWorld) -> SharedEgress {
        SharedEgress(world.compute, clock: world.clock)
    }

    private let region = "asia-northeast1"

    @Test("what is missing is made in three changes; the second time there is none")
    func ensure() async throws {
        try await CleanupWorld.run { world in
            let plan = try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            #expect(plan.steps.count == 3 && plan.network == "default" && plan.subnetwork == "default")
            #expect(world.changes().count == 3)
            let state = try await egress(world).look(region: region, network: nil, subnetwork: nil)
            #expect(state.subnetwork?.hasPrivateGoogleAccess == true)
            #expect(state.address?.users == ["tick-data-router"])
            #expect(
                state.routers.flatMap(\.nats) == [.init(name: "tick-data-nat", addresses: ["tick-data-egress"])]
            )
            #expect(try await egress(world).ensure(region: region, network: nil, subnetwork: nil).steps == [])
            #expect(world.changes() == [])
        }
    }

    @Test("lost answers make nothing twice; what somebody else just made serves, too")
    func trouble() async throws {
        try await CleanupWorld.run { world in
            try world.faults.add("method=POST path=*/addresses* nth=1 reset=after")
            try world.faults.add("method=POST path=*/routers* nth=1 status=409")
            try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            let state = try await egress(world).look(region: region, network: nil, subnetwork: nil)
            #expect(try EgressPlan(state).steps == [])
            #expect(try await world.compute.addresses().count == 1)
        }
    }

    @Test("a subnetwork that is not there is a problem with a remedy, and nothing is made")
    func nowhere() async throws {
        try await CleanupWorld.run { world in
            await #expect(throws: EgressProblem.self) {
                try await egress(world).ensure(region: region, network: nil, subnetwork: "corp")
            }
            #expect(world.changes() == [])
        }
    }

    @Test("a permission that is missing in the middle is named; what is there serves the next try")
    func denied() async throws {
        try await CleanupWorld.run(["deny permission=compute.routers.create"]) { world in
            var thrown: GoogleAPIError?
            do {
                try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            } catch let error as GoogleAPIError {
                thrown = error
            }
            #expect(thrown?.kind == .permission)
            #expect(thrown?.permission == "compute.routers.create")
            world.service.faults = []
            _ = world.changes()
            let plan = try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            #expect(plan.steps.last == .makeRouter)
            #expect(world.changes().count == plan.steps.count)
        }
    }

    @Test("a clean-up removes it when no VM of the kit is left in the region, and only then")
    func removal() async throws {
        try await CleanupWorld.run { world in
            for region in ["asia-northeast1", "us-central1"] {
                try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            }
            try await world.launch([0])
            try await world.launch([1], zone: "us-central1-a")
            // Its name is not of this prefix, but it needs the way out just as well.
            try world.plant("other-fleet-0", labels: ["tick-kit": "1"], zone: "us-central1-b")
            let kept = try await world.cleanup(keepsEgress: true).look()
            #expect(kept.egress == [])
            let report = try await world.clean(force: true)
            #expect(report.status == .done)
            #expect(
                report.lines.map { "\($0.place) \($0.result.word)" } == [
                    "asia-northeast1-a deleted", "us-central1-a deleted", "asia-northeast1 deleted", "us-central1 left",
                ]
            )
            #expect(report.lines.last?.name == "router tick-data-router, address tick-data-egress")
            #expect(report.lines.last?.note == "VMs with the kit's label are in the region: other-fleet-0")
            #expect(try await world.compute.addresses().map(\.region) == ["us-central1"])
            #expect(try await world.compute.routers(filter: nil).map(\.region) == ["us-central1"])
        }
    }

    @Test("it stays where a VM could not be deleted")
    func stays() async throws {
        try await CleanupWorld.run { world in
            try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            try world.plant("tick-data-vm-1", labels: ["tick-kit": "1"], [("deletionProtection", true)])
            let report = try await world.clean(force: true)
            #expect(report.lines.map(\.result) == [.failed(.failed), .left])
            #expect(try await world.compute.addresses().count == 1)
        }
    }

    @Test("without the permission for it the VMs go all the same, and it is said")
    func notAllowed() async throws {
        for permission in ["compute.addresses.list", "compute.routers.delete"] {
            try await CleanupWorld.run { world in
                try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
                try await world.launch([0])
                world.service.add(.denied(permission: permission))
                let report = try await world.clean(force: true)
                #expect(report.status == .partial)
                #expect(report.lines.map(\.result) == [.deleted, .failed(.credentials)])
                #expect(report.lines.last?.note?.contains(permission) == true)
                #expect(world.vms == [])
            }
        }
    }

    @Test("half of it is removed, too, and what is gone meanwhile is no error")
    func half() async throws {
        try await CleanupWorld.run { world in
            try await egress(world).ensure(region: region, network: nil, subnetwork: nil)
            let whole = try #require(try await egress(world).leftovers(unless: []).first)
            let router = try await world.compute.deleteRouter(
                region: region,
                name: "tick-data-router",
                requestID: RequestID(random: world.clock.random)
            )
            _ = try await world.compute.wait(router)
            let rest = try await egress(world).leftovers(unless: [])
            #expect(rest.map(\.names) == [["address tick-data-egress"]])
            try await egress(world).remove(whole)
            #expect(try await egress(world).leftovers(unless: []) == [])
            try await egress(world).remove(whole)
        }
    }
}
