import Sandbox
import Testing
import Text

@Suite(.timeLimit(.minutes(30))) struct ComputeFaultTests {
    @Test(arguments: [
        ("capacity zone=z vms=3", ComputeFault.capacity(zone: "z", vms: 3)),
        ("capacity zone=z vms=3 min-count=alone", .capacity(zone: "z", vms: 3, summary: .alone)),
        ("quota metric=CPUS limit=24 region=r", .quota(metric: "CPUS", region: "r", limit: 24)),
        ("quota-refusal at-once=true", .quotaRefusal(atOnce: true)),
        ("slow ms=5", .slow(operation: "*", milliseconds: 5)),
        ("no-boot vm=a as=staging", .noBoot(vm: "a", way: .staging, times: Int.max)),
        ("deny permission=compute.instances.create", .denied(permission: "compute.instances.create")),
        ("unreachable zone=z", .unreachable(zone: "z")),
        (
            "preempt-random count=20 seed=7 between=100-500",
            .randomPreemptions(.init(count: 20, seed: 7, between: 100...500))
        ),
    ])
    func rulesAreRead(text: String, fault: ComputeFault) throws {
        #expect(try ComputeFault(parsing: text) == fault)
    }

    @Test(arguments: [
        "", "melt-down", "capacity zone=z", "capacity zone=z vms=many", "quota metric=CPUS limit=1 colour=red",
        "preempt vm=a", "preempt vm=a after=1 bytes=1", "no-boot vm=a as=asleep", "preempt-random count=2 between=5",
        "slow ms", "unreachable zone=a zone=b", "stock-out as=rumour", "stock-out min-count=second",
    ])
    func otherRulesAreNamed(text: String) {
        let error = #expect(throws: SandboxError.self) { try ComputeFault(parsing: text) }
        #expect(error?.description.contains("compute fault \"\(text)\"") == true)
    }

    @Test func stockOutsGoByZoneAndRequest() throws {
        let world = try ComputeWorld([
            "stock-out zone=asia-northeast1-a times=2 as=operation min-count=none code=ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"
        ])
        let other = "\(ComputeWorld.project)/zones/asia-northeast1-b"
        #expect(try world.bulk(["b"], in: other)["error"] == nil)
        for _ in 0..<2 {
            let code = try world.bulk(["a"])["error"]?["errors"]?.array?.first?["code"]
            #expect(code == "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS")
        }
        #expect(try world.bulk(["a"])["error"] == nil)
    }

    @Test(arguments: [
        (
            "compute.instances.create", "POST", "/instances/bulkInsert",
            "projects/p-1/zones/asia-northeast1-a/instances/vm-0"
        ),
        ("compute.instances.delete", "DELETE", "/instances/x", "projects/p-1/zones/asia-northeast1-a/instances/x"),
        ("compute.instances.list", "GET", "/instances", "projects/p-1"),
        (
            "compute.instances.getSerialPortOutput", "GET", "/instances/x/serialPort",
            "projects/p-1/zones/asia-northeast1-a/instances/x"
        ),
        (
            "compute.zoneOperations.get", "POST", "/operations/op/wait",
            "projects/p-1/zones/asia-northeast1-a/operations/op"
        ),
    ])
    func aMissingPermissionIsNamed(permission: String, method: String, path: String, resource: String) throws {
        let world = try ComputeWorld(["deny permission=\(permission)"])
        let body = path.hasSuffix("bulkInsert") ? ComputeWorld.bulkBody(["vm-0"]) : nil
        let bytes = body.map { Array($0.text().utf8) } ?? []
        let type = ["Content-Type": "application/json"]
        let answer = try world.client.call(method, ComputeWorld.zone + path, type, body: bytes)
        let message = "Required '\(permission)' permission for '\(resource)'"
        #expect(answer.status == 403)
        #expect(
            answer.json["error"]?["errors"] == [
                ["message": .string(message), "domain": "global", "reason": "forbidden"]
            ]
        )
    }

    @Test func faultsOfRequestsMayNameTheReason() throws {
        let faults = FaultInjector()
        try faults.add("service=compute nth=1 status=403 reason=rateLimitExceeded message=Quota+exceeded")
        let server = try SandboxServer(
            service: ComputeService(ComputeOptions(project: "p-1")),
            recorder: Recorder(),
            faults: faults
        )
        defer { server.stop() }
        let answer = try TestClient(server).call("GET", "\(ComputeWorld.zone)/instances")
        #expect(answer.status == 403)
        #expect(
            answer.json["error"]?["errors"] == [
                ["message": "Quota exceeded", "domain": "global", "reason": "rateLimitExceeded"]
            ]
        )
    }

    @Test func aVMMayNotComeUp() throws {
        let world = try ComputeWorld(["no-boot vm=a as=staging times=1", "no-boot vm=b as=silent"]) {
            $0.host = FakeHost()
        }
        try world.bulk(["a", "b"])
        #expect(world.service.instances.map(\.status) == ["STAGING", "RUNNING"])
        #expect(try world.get("/instances/b/serialPort").json["contents"] == "")
        _ = try world.done(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a"))
        try world.bulk(["a"])
        #expect(world.service.instances.map(\.status) == ["RUNNING", "RUNNING"])
    }

    @Test func preemptionsComeWithTimeAndTraffic() throws {
        let world = try ComputeWorld(["preempt vm=early-* after=1", "preempt vm=busy bytes=1K"])
        try world.bulk(["early-1", "busy", "calm"])
        waitUntil { world.service.instances.count == 2 }
        world.service.noteTraffic(vm: "busy", bytes: 999)
        world.service.noteTraffic(vm: "calm", bytes: 5_000)
        #expect(world.service.instances.map(\.status) == ["RUNNING", "RUNNING"])
        world.service.noteTraffic(vm: "busy", bytes: 1)
        waitUntil { world.service.instances.map(\.name) == ["calm"] }
        // Each VM once: the next boot is left alone.
        try world.bulk(["busy", "early-1"])
        world.service.noteTraffic(vm: "busy", bytes: 5_000)
        #expect(world.service.instances.map(\.status) == ["RUNNING", "RUNNING", "RUNNING"])
    }

    @Test func randomPreemptionsEndAfterTheirNumber() throws {
        let world = try ComputeWorld(["preempt-random count=5 seed=3 between=1-3"])
        try world.bulk((0..<4).map { "vm-\($0)" })
        waitUntil { world.service.instances.isEmpty }
        try world.bulk((4..<8).map { "vm-\($0)" })
        waitUntil { world.service.instances.count == 3 }
        world.service.faults = []
        #expect(world.service.instances.count == 3 && world.service.faults.isEmpty)
    }
}
