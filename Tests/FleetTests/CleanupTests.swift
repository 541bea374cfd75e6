import Transport
import FleetModel
import Common
import Console
import GoogleCloud
import Sandbox
import Testing

@testable import Fleet
import Text

/// Against the stand-in of Compute Engine, over HTTP.
@Suite("Clean-up: against a project")
struct CleanupTests {
    @Test("what is the kit's goes, in all zones; look-alikes stay; the second time there is nothing to do")
    func everything() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0, 1])
            try await world.launch([2], zone: "asia-northeast1-c")
            try await world.launch([10], zone: "us-central1-f")
            for number in [0, 1, 2, 10] { try await world.report(number, .done) }
            let kit = ["tick-kit": "0-1-0", "tick-run": "r"]
            try world.plant("tick-data-vm-x", labels: kit)
            try world.plant("my-tick-data-vm-1", labels: kit)
            try world.plant("tick-data-vm-01", labels: kit)
            try world.plant("tick-data-vm-3-extra", labels: kit)
            try world.plant("tick-data-vm-7", labels: ["tick-run": "r", "tick_kit": "1"])
            try world.plant("tick-data-vm-8")
            try world.plant("tick-data-vm-0", labels: kit, project: "other-project")
            try world.plant("tick-data-vm-0", zone: "us-central1-a")
            let others = world.vms.filter { $0 != "tick-data-vm-10" }
            let report = try await world.clean()
            #expect(
                report.summary == ["0", "1", "10", "2"].map { "tick-data-vm-\($0) deleted" }
            )
            #expect(report.status == .done)
            #expect(
                world.vms == [
                    "my-tick-data-vm-1", "other-project/tick-data-vm-0", "tick-data-vm-0", "tick-data-vm-01",
                    "tick-data-vm-3-extra", "tick-data-vm-7", "tick-data-vm-8", "tick-data-vm-x",
                ]
            )
            #expect(Set(world.vms).isSubset(of: others))
            #expect(world.changes().count { $0.method == "DELETE" } == 4)
            let view = try await world.cleanup().look()
            #expect(view.isEmpty && view.troubles == [])
            #expect(try await world.clean().lines == [])
            #expect(world.changes() == [])
        }
    }

    @Test("VMs at work stay unless asked for; those that stand still or are finished go")
    func atWork() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0, 1, 2, 3])
            try await world.report(0, .done)
            try await world.report(1, .running)
            try await world.report(2, .failed)
            let stop = try await world.compute.stop(
                zone: "asia-northeast1-a",
                name: "tick-data-vm-3",
                requestID: RequestID(random: world.clock.random)
            )
            _ = try await world.compute.wait(stop)
            let view = try await world.cleanup().look()
            #expect(view.choice.free.map(\.member.number) == [0, 3])
            #expect(
                view.choice.busy.map(\.atWork) == [
                    "2023-05-23 RUNNING, 0 of 3 files", "2023-05-23 FAILED, 0 of 3 files",
                ]
            )
            let report = try await world.clean()
            #expect(report.summary == ["tick-data-vm-0 deleted", "tick-data-vm-3 deleted"])
            #expect(world.vms == ["tick-data-vm-1", "tick-data-vm-2"])
            #expect(try await world.clean(force: true).summary.count == 2)
            #expect(world.vms == [])
        }
    }

    @Test("a VM that another one of its name has replaced since the question is left")
    func replacedMeanwhile() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0, 1])
            let cleanup = world.cleanup()
            let view = try await cleanup.look()
            let gone = try await world.compute.delete(
                zone: "asia-northeast1-a",
                name: "tick-data-vm-0",
                requestID: RequestID(random: world.clock.random)
            )
            _ = try await world.compute.wait(gone)
            try await world.launch([0])
            let report = try await cleanup.remove(view.choice.items, of: view)
            #expect(report.summary == ["tick-data-vm-0 left", "tick-data-vm-1 deleted"])
            #expect(world.vms == ["tick-data-vm-0"])
        }
    }

    @Test("a bucket that cannot be listed makes VMs that run unknown, never finished")
    func noBucket() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0])
            try await world.report(0, .done)
            let cleanup = world.cleanup(open: { place in
                throw StorageError(.bucketMissing, operation: "list \(place)", detail: "there is no such bucket")
            })
            let view = try await cleanup.look()
            #expect(view.choice.free == [])
            #expect(view.choice.busy.first?.atWork?.contains("there is no such bucket") == true)
        }
    }

    @Test("dates and states limit what goes")
    func narrow() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0], dates: "2023-05-23")
            try await world.launch([1], dates: "2025-10-20")
            let day = try #require(CalendarDate("2025-10-20"))
            #expect(try await world.clean(force: true) { $0.states = [.terminated] }.lines == [])
            #expect(try await world.clean(force: true) { $0.olderThan = .seconds(7_200) }.lines == [])
            #expect(try await world.clean(force: true) { $0.dates = [day] }.summary == ["tick-data-vm-1 deleted"])
            #expect(world.vms == ["tick-data-vm-0"])
        }
    }

    @Test("a list that cannot be had, or not whole, is a failure and not an empty one")
    func failedList() async throws {
        for (rule, fault) in [
            ("unreachable zone=us-central1-a", nil), ("deny permission=compute.instances.list", nil),
            (nil, "path=*/aggregated/instances* status=503"),
        ] as [(String?, String?)] {
            try await CleanupWorld.run([rule].compactMap { $0 }) { world in
                try await world.launch([0])
                if let fault { try world.faults.add(fault) }
                var status: ExitStatus?
                do {
                    _ = try await world.clean(force: true)
                } catch {
                    status = exitStatus(of: error)
                }
                #expect(status == (rule?.hasPrefix("deny") == true ? .credentials : .temporary))
                #expect(world.vms == ["tick-data-vm-0"])
            }
        }
    }

    @Test("lost answers and a server in trouble: the same request again, everything gone, nothing twice")
    func lostAnswers() async throws {
        try await CleanupWorld.run { world in
            try await world.launch(Array(0..<12))
            try world.faults.add("method=DELETE nth=1-4 reset=after")
            try world.faults.add("method=DELETE nth=7-9 status=503")
            try world.faults.add("method=POST path=*/wait* nth=1 reset=after")
            try world.faults.add("path=*/aggregated/* nth=2 reset=before")
            _ = world.changes()
            let report = try await world.clean(force: true)
            #expect(report.status == .done)
            #expect(report.lines.count == 12)
            #expect(world.vms == [])
            let deletions = world.changes()
            #expect(deletions.count > 12)
            let ids = Dictionary(grouping: deletions) { $0.url.split(separator: "?")[0] }
                .mapValues { Set($0.map { $0.parameter("requestId") ?? "" }) }
            #expect(ids.count == 12)
            #expect(ids.values.allSatisfy { $0.count == 1 && $0 != [""] })
        }
    }

    @Test("without the permission nothing is gone, and not every VM is tried")
    func denied() async throws {
        try await CleanupWorld.run(["deny permission=compute.instances.delete"]) { world in
            try await world.launch(Array(0..<100))
            _ = world.changes()
            let report = try await world.clean(force: true)
            #expect(report.status == .credentials)
            #expect(report.count(.vm) { $0 == .failed(.credentials) } == 100)
            #expect(report.lines.first?.note?.contains("compute.instances.delete") == true)
            #expect(world.vms.count == 100)
            #expect(world.changes().count <= 32)
        }
    }

    @Test("what is gone by the time of its deletion is no error")
    func goneAlready() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0, 1])
            let cleanup = world.cleanup()
            let view = try await cleanup.look()
            let other = try await world.compute.delete(
                zone: "asia-northeast1-a",
                name: "tick-data-vm-0",
                requestID: RequestID(random: world.clock.random)
            )
            _ = try await world.compute.wait(other)
            let report = try await cleanup.remove(view.choice.items, of: view)
            #expect(report.summary == ["tick-data-vm-0 gone already", "tick-data-vm-1 deleted"])
            #expect(report.status == .done)
        }
    }

    @Test("a VM that is protected is a failure of its own")
    func protected() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0])
            try world.plant("tick-data-vm-1", labels: ["tick-kit": "1"], [("deletionProtection", true)])
            let report = try await world.clean(force: true)
            #expect(report.summary == ["tick-data-vm-0 deleted", "tick-data-vm-1 failed"])
            #expect(report.status == .partial)
            #expect(world.vms == ["tick-data-vm-1"])
        }
    }

    @Test("a VM in the middle of another change is waited for if it goes, and a failure if it does not")
    func notNow() async throws {
        try await CleanupWorld.run { world in
            try await world.launch([0, 1])
            try world.faults.add("method=DELETE path=*/tick-data-vm-1* status=400 reason=resourceNotReady")
            let report = try await world.clean(force: true)
            #expect(report.lines.map(\.result) == [.deleted, .failed(.temporary)])
            #expect(world.vms == ["tick-data-vm-1"])
        }
    }

    @Test("deletions that take long are waited for")
    func slow() async throws {
        try await CleanupWorld.run(["slow operation=delete ms=150"]) { world in
            try await world.launch([0, 1, 2])
            let report = try await world.clean(force: true)
            #expect(report.status == .done)
            #expect(world.vms == [])
        }
    }

    @Test("what is still there in the end is said")
    func stillThere() async throws {
        try await CleanupWorld.run(["slow operation=delete ms=3600000"]) { world in
            try await world.launch([0])
            try world.faults.add("path=*/wait* status=500")
            let deletion = MassDelete(
                world.compute,
                filter: CleanupScope.filter,
                pacer: RequestPacer(Cleanup.rate, clock: world.clock),
                clock: world.clock,
                patience: .milliseconds(50)
            )
            let vms = try await world.compute.instances()
            let result = try await deletion.run(vms)
            #expect(Array(result.outcomes.values) == [.stillThere])
            #expect(result.remaining?.map(\.name) == ["tick-data-vm-0"])
        }
    }

    @Test("disks that VMs left behind go, those of others and those in use stay")
    func disks() async throws {
        try await CleanupWorld.run { world in
            let disk: (String, Bool) -> [(String, JSONValue)] = { name, autoDelete in
                [
                    (
                        "disks",
                        [
                            [
                                "boot": true, "autoDelete": .bool(autoDelete),
                                "initializeParams": [
                                    "sourceImage": "projects/debian-cloud/global/images/family/debian-12",
                                    "diskName": .string(name), "labels": ["tick-kit": "1"],
                                ],
                            ]
                        ]
                    )
                ]
            }
            try world.plant("tick-data-vm-0", labels: ["tick-kit": "1"], disk("tick-data-vm-0", false))
            try world.plant("tick-data-vm-1", labels: ["tick-kit": "1"], disk("precious", false))
            try world.plant("tick-data-vm-2", labels: [:], disk("tick-data-vm-2", false))
            let report = try await world.clean(force: true)
            #expect(report.lines.map(\.subject) == [.vm, .vm, .disk])
            #expect(report.lines.last?.name == "tick-data-vm-0")
            #expect(report.status == .done)
            #expect(try await world.compute.disks().map(\.name).sorted() == ["precious", "tick-data-vm-2"])
        }
    }
}
