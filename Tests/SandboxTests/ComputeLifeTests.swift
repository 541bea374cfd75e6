import Sandbox
import Synchronization
import Testing
import Text

/// Boots VMs that do nothing but remember; the test ends their work.
final class FakeHost: VMHost {
    struct Event: Equatable {
        let vm: String
        let what: String
    }

    private struct State {
        var events: [Event] = []
        var endings: [String: @Sendable () -> Void] = [:]
        var records: [String: BootRecord] = [:]
    }

    private struct VM: BootedVM {
        let name: String
        let host: FakeHost

        func powerOff(preempted: Bool, graceMilliseconds: Int) {
            host.note(name, preempted ? "preempted, \(graceMilliseconds) ms" : "off")
        }
    }

    private let state = Mutex(State())

    func boot(
        _ record: BootRecord,
        console: SerialConsole,
        turnedOff: @escaping @Sendable () -> Void
    ) -> any BootedVM {
        console.write("hello from \(record.name)\n".utf8)
        state.withLock { state in
            state.endings[record.name] = turnedOff
            state.records[record.name] = record
        }
        note(record.name, "boot")
        return VM(name: record.name, host: self)
    }

    func note(_ vm: String, _ what: String) { state.withLock { $0.events.append(Event(vm: vm, what: what)) } }

    func turnOff(_ vm: String) { state.withLock { $0.endings[vm] }?() }

    func record(_ vm: String) -> BootRecord? { state.withLock { $0.records[vm] } }

    func events(_ vm: String) -> [String] { state.withLock { $0.events }.filter { $0.vm == vm }.map(\.what) }
}

@Suite(.timeLimit(.minutes(30))) struct ComputeLifeTests {
    private let host = FakeHost()

    private func world(_ faults: [String] = [], _ adjust: (inout ComputeOptions) -> Void = { _ in }) throws
        -> ComputeWorld
    {
        try ComputeWorld(faults) {
            $0.host = host
            adjust(&$0)
        }
    }

    private func statuses(_ world: ComputeWorld) -> [String] { world.service.instances.map(\.status) }

    /// VMs that stop at their end, without a limit of their time.
    private static let stopping: [(String, JSONValue)] = [
        ("scheduling", ["provisioningModel": "SPOT", "instanceTerminationAction": "STOP"])
    ]

    @Test func aVMComesUpInSteps() throws {
        let world = try world()
        world.service.holdTime()
        let start = try world.post("/instances", ComputeWorld.body("a"))
        #expect(statuses(world) == ["PROVISIONING"])
        #expect(try world.get("/instances/a/serialPort").status == 400)
        world.service.runNextStep()
        #expect(statuses(world) == ["STAGING"])
        world.service.releaseTime()
        #expect(try world.done(start)["status"] == "DONE")
        #expect(statuses(world) == ["RUNNING"])
    }

    @Test func theGuestLearnsWhatItIs() throws {
        let world = try world()
        try world.bulk(["a"])
        waitUntil { host.record("a") != nil }
        let record = try #require(host.record("a"))
        #expect(record.project == "p-1" && record.projectNumber == 77 && record.zone == "asia-northeast1-a")
        #expect(record.machineType == "e2-highmem-2" && record.isPreemptible)
        #expect(record.metadata == ["tick-shards": "3"])
        #expect(record.serviceAccount == "sa@p-1.iam.gserviceaccount.com")
        #expect(record.scopes == ["https://www.googleapis.com/auth/cloud-platform"])
        #expect(String(record.id) == world.service.instances.first?.document["id"]?.string)
    }

    @Test func theConsoleIsReadFromAnywhere() throws {
        let world = try world()
        try world.bulk(["a"])
        waitUntil { host.record("a") != nil }
        let first = try world.get("/instances/a/serialPort?port=1").json
        #expect(first["contents"] == "hello from a\n" && first["start"] == "0" && first["next"] == "13")
        let nothing = try world.get("/instances/a/serialPort?port=1&start=13").json
        #expect(nothing["contents"] == "" && nothing["start"] == "13" && nothing["next"] == "13")
        #expect(try world.get("/instances/a/serialPort?start=-2").json["contents"] == "a\n")
        #expect(try world.get("/instances/a/serialPort?port=2").json["contents"] == "")
        #expect(try world.get("/instances/a/serialPort?port=5").status == 400)
    }

    @Test func stoppedVMsCanBeStarted() throws {
        let world = try world()
        let open: JSONValue = [["accessConfigs": [["type": "ONE_TO_ONE_NAT"]]]]
        try world.bulk(["a"], [("networkInterfaces", open)])
        waitUntil { host.events("a") == ["boot"] }
        #expect(try world.done(try world.post("/instances/a/stop", nil))["operationType"] == "stop")
        let stopped = try world.get("/instances/a").json
        #expect(stopped["status"] == "TERMINATED" && stopped["lastStopTimestamp"] != nil)
        #expect(host.events("a") == ["boot", "off"])
        let access = stopped["networkInterfaces"]?.array?.first?["accessConfigs"]?.array?.first
        #expect(access?["name"] == "external-nat" && access?["natIP"] == nil)
        #expect(
            try world.get("/instances/a/serialPort").json["error"]?["errors"]?.array?.first?["reason"]
                == "resourceNotReady"
        )
        #expect(try world.get("/disks/a").json["users"]?.array?.count == 1)
        _ = try world.done(try world.post("/instances/a/start", nil))
        waitUntil { host.events("a") == ["boot", "off", "boot"] }
        #expect(statuses(world) == ["RUNNING"])
        #expect(try world.get("/instances/a").text.contains("natIP"))
    }

    @Test func aStartMayMeetAnEmptyZone() throws {
        let world = try world()
        try world.bulk(["a"], Self.stopping)
        _ = try world.done(try world.post("/instances/a/stop", nil))
        world.service.add(.stockOut(.init()))
        let operation = try world.done(try world.post("/instances/a/start", nil))
        #expect(operation["error"]?["errors"]?.array?.first?["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED")
        #expect(statuses(world) == ["TERMINATED"])
    }

    @Test func preemptionFollowsTheTerminationAction() throws {
        let world = try world()
        try world.bulk(["goes"])
        try world.bulk(["stays"], Self.stopping)
        waitUntil { host.events("goes") == ["boot"] && host.events("stays") == ["boot"] }
        #expect(world.service.preempt("goes") && world.service.preempt("stays"))
        waitUntil { statuses(world) == ["TERMINATED"] }
        #expect(host.events("goes") == ["boot", "preempted, 30000 ms"])
        #expect(world.service.instances.map(\.name) == ["stays"])
        #expect(!world.service.preempt("stays"))
        #expect(try world.get("/disks").json["items"]?.array?.compactMap { $0["name"]?.string } == ["stays"])
    }

    @Test func theGuestMayEndByItself() throws {
        let world = try world()
        try world.bulk(["a", "b"])
        waitUntil { host.record("a") != nil && host.record("b") != nil }
        host.turnOff("a")
        waitUntil { world.service.instances.first { $0.name == "a" }?.status == "TERMINATED" }
        #expect(world.service.instances.first { $0.name == "b" }?.status == "RUNNING")
    }

    @Test func theTimeOfAVMIsLimited() throws {
        let world = try world { $0.times.second = 1 }
        let limited: JSONValue = ["maxRunDuration": ["seconds": "40"], "instanceTerminationAction": "DELETE"]
        try world.bulk(["a"], [("scheduling", limited)])
        waitUntil { world.service.instances.isEmpty }
        #expect(host.events("a") == ["boot", "off"])
    }

    @Test func resetBootsAgain() throws {
        let world = try world()
        try world.bulk(["a"])
        waitUntil { host.events("a") == ["boot"] }
        #expect(try world.done(try world.post("/instances/a/reset", nil))["operationType"] == "reset")
        waitUntil { host.events("a") == ["boot", "off", "boot"] }
        #expect(statuses(world) == ["RUNNING"])
    }

    @Test func whatWasResetCanBeDeleted() throws {
        let world = try ComputeWorld()
        try world.bulk(["a"])
        _ = try world.done(try world.post("/instances/a/reset", nil))
        _ = try world.done(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a"))
        #expect(world.service.instances.isEmpty)
    }

    @Test func deletingWhileComingUpBootsNothing() throws {
        let world = try world { $0.times.staging = 400 }
        world.service.holdTime()
        _ = try world.post("/instances", ComputeWorld.body("a"))
        while statuses(world) != ["STAGING"] { try #require(world.service.runNextStep()) }
        let deletion = try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a")
        world.service.releaseTime()
        _ = try world.done(deletion)
        #expect(world.service.instances.isEmpty)
        // The same name can be made again at once, and only that one boots.
        try world.bulk(["a"])
        waitUntil { host.events("a") == ["boot"] }
        #expect(statuses(world) == ["RUNNING"])
    }

    @Test func aThousandAreNoTrouble() throws {
        let world = try world()
        let names = (0..<1_000).map { "tick-data-vm-\($0)" }
        #expect(try world.bulk(names)["error"] == nil)
        let first = try world.get(
            "/aggregated/instances?filter=labels.tick-kit:*&fields=items/*/instances/name,nextPageToken",
            in: ComputeWorld.project
        ).json
        #expect(ComputeWorld.names(first).count == 500 && first["nextPageToken"] != nil)
        var last: Answer?
        for name in names { last = try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/\(name)") }
        _ = try world.done(try #require(last))
        waitUntil { world.service.instances.isEmpty }
        #expect(world.service.requestCounts["compute.instances.delete"] == 1_000)
    }
}
