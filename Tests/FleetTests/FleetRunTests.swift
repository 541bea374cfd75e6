import Common
import Console
import Fleet
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
}

@Suite struct PlanChoiceTests {
    @Test func aFirstRunWritesTheStandardPlanOnce() throws {
        let run = try fleetRun(2)
        let day = run.dates[0]
        let choice = PlanChoice(run, standard: [:], own: [], created: 5)
        #expect(choice.planName == "plan.json")
        #expect(
            choice.writes == [
                .init(object: "_runs/2023-05-23/plan.json", plan: run.plan(for: day, created: 5), replaces: false)
            ]
        )
        let again = PlanChoice(run, standard: [day: run.plan(for: day, created: 5)], own: [], created: 9)
        #expect(again.planName == "plan.json")
        #expect(again.writes.isEmpty)
    }

    @Test func aLargerRunReplacesASmallerPlan() throws {
        let small = try fleetRun(2)
        let large = try fleetRun(3)
        let day = small.dates[0]
        let choice = PlanChoice(large, standard: [day: small.plan(for: day, created: 1)], own: [], created: 2)
        #expect(choice.planName == "plan.json")
        #expect(choice.writes.map(\.replaces) == [true])
        let back = PlanChoice(small, standard: [day: large.plan(for: day, created: 2)], own: [], created: 3)
        #expect(back.planName == "plan.\(small.id).json")
        #expect(back.writes.map(\.object) == ["_runs/2023-05-23/plan.\(small.id).json"])
        #expect(back.writes.map(\.replaces) == [false])
    }

    @Test func anotherDivisionOfTheSameFilesLeavesTheStandardPlanAlone() throws {
        let run = try fleetRun(2, dates: ["2023-05-23", "2023-05-24"], instruments: 4)
        let other = try fleetRun(4, dates: ["2023-05-23"])
        let (first, second) = (run.dates[0], run.dates[1])
        let standard = [first: other.plan(for: first, created: 1)]
        let choice = PlanChoice(run, standard: standard, own: [first], created: 2)
        #expect(choice.planName == "plan.\(run.id).json")
        // The second date gets its standard plan too, and the run's own, as one name has to do for all dates.
        #expect(
            choice.writes.map(\.object) == [
                "_runs/2023-05-24/plan.json", "_runs/2023-05-24/plan.\(run.id).json",
            ]
        )
        #expect(choice.writes.allSatisfy { $0.plan.date == second })
        let done = PlanChoice(
            run,
            standard: standard.merging([second: run.plan(for: second, created: 2)]) { $1 },
            own: [first, second],
            created: 3
        )
        #expect(done.planName == choice.planName)
        #expect(done.writes.isEmpty)
    }
}

@Suite struct FleetMemberTests {
    @Test func onlyExactNamesWithTheLabelAreOurs() throws {
        let run = try fleetRun(3)
        var look = vm(run, 1)
        #expect(FleetMember(look, prefix: prefix)?.shard == 1)
        #expect(FleetMember(look, prefix: prefix)?.dates == run.dates)
        #expect(FleetMember(look, prefix: prefix)?.numbers == 0...2)
        for name in ["tick-data-vm-x", "my-tick-data-vm-1", "tick-data-vm-01", "tick-data-vm-1-b"] {
            look.name = name
            #expect(FleetMember(look, prefix: prefix) == nil)
        }
        look = vm(run, 1)
        look.labels = ["tick-run": run.id]
        #expect(FleetMember(look, prefix: prefix) == nil)
    }

    @Test func datesComeFromTheLabelWhereMetadataHasNone() throws {
        var old = vm(try fleetRun(3), 7)
        old.metadata = ["tick-shard-offset": "-3", "tick-shards": "0"]
        let member = try #require(FleetMember(old, prefix: prefix))
        #expect(member.dates.map(\.description) == ["2023-05-23"])
        #expect(member.offset == nil)
        #expect(member.shard == nil)
        #expect(member.numbers == 7...7)
    }
}

@Suite struct ShardOffsetTests {
    @Test func theFirstRunBeginsAtZeroAndTheNextBehindAllNumbersOfTheFirst() throws {
        let first = try fleetRun(4)
        let second = try fleetRun(4, dates: ["2025-10-20"])
        #expect(ShardOffset.choose(first, prefix: prefix, vms: [], heartbeats: []) == 0)
        // Only two of the first run's four stand: the others may be made again.
        let vms = [vm(first, 0), vm(first, 1, status: .stopping)]
        #expect(ShardOffset.choose(second, prefix: prefix, vms: vms, heartbeats: []) == 4)
        #expect(ShardOffset.choose(first, prefix: prefix, vms: vms, heartbeats: []) == 0)
    }

    @Test func aRunThatStandsKeepsItsOffset() throws {
        let run = try fleetRun(2)
        let vms = [vm(run, 61, offset: 60), vm(try fleetRun(4), 0)]
        let day = run.dates[0]
        let beats = [beat(run, day, shard: 0, offset: 7, phase: .done)]
        #expect(ShardOffset.choose(run, prefix: prefix, vms: vms, heartbeats: beats) == 60)
    }

    @Test func aRunWithoutVMsTakesTheNumbersOfItsHeartbeatsWhenTheyAreFree() throws {
        let run = try fleetRun(2)
        let day = run.dates[0]
        let beats = [
            beat(run, day, shard: 1, offset: 10, phase: .preempted, updated: 1),
            beat(run, day, shard: 0, offset: 20, phase: .preempted, updated: 9),
        ]
        #expect(ShardOffset.choose(run, prefix: prefix, vms: [], heartbeats: beats) == 20)
        let other = try fleetRun(3, dates: ["2025-10-20"])
        #expect(
            ShardOffset.choose(run, prefix: prefix, vms: [vm(other, 21, offset: 19)], heartbeats: beats) == 10
        )
        // A stranger stands on one of the numbers, and another one on those of the older heartbeat.
        let strangers = [
            ComputeInstance(name: "tick-data-vm-11", zone: "z-a", status: .terminated),
            ComputeInstance(name: "tick-data-vm-21", zone: "z-a", status: .running),
        ]
        #expect(ShardOffset.choose(run, prefix: prefix, vms: strangers, heartbeats: beats) == 22)
    }

    @Test func heartbeatsOfOtherDivisionsAndDatesDoNotCount() throws {
        let run = try fleetRun(2)
        let other = try fleetRun(3)
        let beats = [
            beat(other, run.dates[0], shard: 0, offset: 30, phase: .done),
            beat(run, try date("2023-05-25"), shard: 0, offset: 40, phase: .done),
        ]
        #expect(ShardOffset.choose(run, prefix: prefix, vms: [], heartbeats: beats) == 0)
    }
}

@Suite struct RunConflictTests {
    @Test func anotherLiveRunOnADateIsNamedWithTheRemedy() throws {
        let run = try fleetRun(2, dates: ["2023-05-23", "2023-05-24"])
        let other = try fleetRun(3, dates: ["2023-05-24", "2023-05-25"])
        let elsewhere = try fleetRun(3, dates: ["2023-05-26"])
        let vms = [
            vm(run, 0), vm(other, 3, offset: 2), vm(other, 2, offset: 2), vm(elsewhere, 9, offset: 9),
            vm(other, 4, offset: 2, status: .terminated),
        ]
        let conflict = try #require(RunConflict(run, prefix: prefix, vms: vms))
        #expect(conflict.members.map(\.vm.name) == ["tick-data-vm-2", "tick-data-vm-3"])
        #expect(
            conflict.description
                == "tick-data-vm-2, tick-data-vm-3 of another run (\(other.id)) work on 2023-05-24: use the same options as "
                + "that run did, or end it with cleanup-tick-vms --date 2023-05-24"
        )
        #expect(RunConflict(elsewhere, prefix: prefix, vms: [vm(run, 0), vm(elsewhere, 9)]) == nil)
    }

    @Test(arguments: [
        (1, "a0"), (6, "a0, a1, a2, a3, a4, a5"), (7, "a0, a1, a2, a3, a4 and 2 more"),
    ])
    func longListsOfNamesAreCut(count: Int, text: String) {
        #expect(NameList.text((0..<count).map { "a\($0)" }) == text)
    }
}
