import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing
import Transport

@Suite struct FleetRunTests {
    @Test func theSameOptionsAreTheSameRun() throws {
        let one = try fleetRun(60, dates: ["2023-05-24", "2023-05-23", "2023-05-24"])
        let other = try fleetRun(60, dates: ["2023-05-23", "2023-05-24"])
        #expect(one == other)
        // Written down: VMs of an older version are found by it.
        #expect(one.id == "20230523-060-c770319b")
        #expect(one.dates.map(\.description) == ["2023-05-23", "2023-05-24"])
    }

    @Test func anythingElseIsAnotherRun() throws {
        let day = try date("2023-05-23")
        var other = instruments(60)
        other[59].dataTypes = [.trades]
        let runs = [
            try fleetRun(60), try fleetRun(59, instruments: 60), try fleetRun(60, dates: ["2023-05-24"]),
            try fleetRun(60, dates: ["2023-05-23", "2023-05-24"]),
            try FleetRun(dates: [day], instruments: other, shards: 60),
            try FleetRun(dates: [day], instruments: instruments(60).reversed(), shards: 60),
        ]
        #expect(Set(runs.map(\.id)).count == runs.count)
        for run in runs { #expect(run.id.allSatisfy { $0.isNumber || $0.isLowercase || $0 == "-" }) }
    }

    @Test func thereAreNoMoreShardsThanInstruments() throws {
        #expect(try fleetRun(60, instruments: 3) == fleetRun(3))
        #expect(try fleetRun(0, instruments: 3).shards == 1)
    }

    @Test func nothingToDoIsAUsageError() throws {
        let day = try date("2023-05-23")
        #expect(throws: UsageError.self) { try FleetRun(dates: [], instruments: instruments(1), shards: 1) }
        #expect(throws: UsageError.self) { try FleetRun(dates: [day], instruments: [], shards: 1) }
    }

    @Test func vmsAreToldWhatTheStartupScriptReads() throws {
        let run = try fleetRun(60, dates: ["2023-05-23", "2023-05-24"])
        #expect(run.labels == ["tick-run": run.id, "tick-date": "2023-05-23", "tick-kit": "0-1-0"])
        #expect(run.labels.values.allSatisfy { $0.count <= 63 && !$0.contains(".") })
        var metadata = run.metadata(settings(offset: 60, key: .secret("projects/p/secrets/s/versions/3")))
        #expect(
            metadata == [
                "startup-script": "#!/bin/bash\n", "tick-dates": "2023-05-23,2023-05-24", "tick-plan": "plan.json",
                "tick-shard-offset": "60", "tick-shards": "60", "tick-bucket": "gs://market-data-tick",
                "tick-image": "example.com/p/r/market-tick:1", "tick-secret": "projects/p/secrets/s/versions/3",
            ]
        )
        metadata = run.metadata(settings(key: .plain(Secret("TD.key")), keepsVM: true))
        #expect(metadata["tick-api-key"] == "TD.key")
        #expect(metadata["tick-secret"] == nil)
        #expect(metadata["tick-keep-vm"] == "true")
        #expect(run.metadata(settings())["tick-api-key"] == nil)
        var withEnd = settings()
        withEnd.shutdownScript = "#!/bin/sh\n"
        #expect(run.metadata(withEnd)["shutdown-script"] == "#!/bin/sh\n")
        #expect(run.metadata(settings())["shutdown-script"] == nil)
    }

    @Test func namesGoOnFromTheOffset() throws {
        #expect(try fleetRun(3).vmNames(prefix: "vm", offset: 60) == ["vm-60", "vm-61", "vm-62"])
    }

    /// The run's id is the same, and its VMs would be taken for those of this one.
    @Test func theSameRunIntoAnotherBucketIsAConflict() throws {
        let run = try fleetRun(2)
        let vms = [vm(run, 0)]
        #expect(RunConflict(run, prefix: prefix, bucket: "gs://market-data-tick", vms: vms) == nil)
        let conflict = try #require(RunConflict(run, prefix: prefix, bucket: "gs://other", vms: vms))
        #expect(
            "\(conflict)".contains(
                "tick-data-vm-0 of another run (\(run.id), into gs://market-data-tick) works on 2023-05-23"
            )
        )
    }

    @Test(arguments: ["tick-data-vm-9223372036854775807", "tick-data-vm-5000000000", "tick-data-vm-999000001"])
    func numbersThatNoRunHasAreNoNames(name: String) {
        #expect(FleetNames.number(of: name, prefix: prefix) == nil)
    }
}
