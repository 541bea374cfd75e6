import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing

@Suite struct WaitMachineTests {
    private let zones = ["asia-northeast1-a", "asia-northeast1-b", "asia-northeast1-c"]

    private func machine(_ change: (inout WaitRules) -> Void = { _ in }) -> WaitMachine {
        var rules = WaitRules()
        change(&rules)
        return WaitMachine(zones: zones, rules: rules)
    }

    /// A state of one shard; times in seconds after `soonAfter`.
    private func state(
        _ run: FleetRun,
        _ vms: [ComputeInstance],
        _ phase: ShardPhase? = nil,
        attempt: Int = 1,
        updated: Int64 = 1,
        error: String? = nil,
        objects: [ObjectInfo] = [],
        at seconds: Int64 = 1
    ) -> FleetState {
        let beats = phase.map {
            [
                beat(run, run.dates[0], shard: 0, phase: $0, attempt: attempt, updated: soonAfter + updated * 1_000_000)
                {
                    $0.started = Int64(attempt)
                    if let error { $0.note(error: .init(object: "2023-05-23/x", reason: error)) }
                }
            ]
        }
        return fleetState(
            run,
            objects: objects,
            heartbeats: beats ?? [],
            vms: vms,
            now: soonAfter + seconds * 1_000_000
        )
    }

    @Test func aFinishedRunIsOver() throws {
        let run = try fleetRun(2)
        var machine = machine()
        let step = machine.observe(fleetState(run, objects: objects(run, shards: 0..<2), vms: [vm(run, 1)]), now: .zero)
        #expect(step.verdict == .finished)
        #expect(step.verdict?.status == .done)
        #expect(step.creations.isEmpty)
    }

    @Test func aHealthyFleetIsWaitedFor() throws {
        let run = try fleetRun(2)
        var machine = machine()
        let step = machine.observe(fleetState(run, vms: [vm(run, 0), vm(run, 1)]), now: .zero)
        #expect(step.verdict == nil)
        #expect(step.todo.isQuiet)
        #expect(step.news.isEmpty)
    }

    @Test func aPreemptedVMIsMadeAnewInAnotherZone() throws {
        let run = try fleetRun(1)
        var machine = machine()
        _ = machine.observe(state(run, [vm(run, 0)], .running), now: .seconds(0))
        let going = machine.observe(state(run, [vm(run, 0, status: .stopping)], .preempted), now: .seconds(10))
        #expect(going.creations.isEmpty)
        #expect(going.verdict == nil)
        #expect(going.news == ["tick-data-vm-0 has ended in asia-northeast1-a with 3 files still to download"])
        let gone = machine.observe(state(run, [], .preempted), now: .seconds(20))
        #expect(gone.creations == [Creation(names: ["tick-data-vm-0"], zones: [zones[1], zones[2], zones[0]])])
        #expect(gone.news.isEmpty)
        // And from there back again.
        _ = machine.observe(state(run, [vm(run, 0, zone: zones[1], created: "later")], .running), now: .seconds(30))
        let again = machine.observe(state(run, [], .running), now: .seconds(40))
        #expect(again.creations[0].zones == [zones[0], zones[2], zones[1]])
    }

    @Test func preemptionsAreReplacedWithoutLimit() throws {
        let run = try fleetRun(1)
        var machine = machine()
        for round in 0..<20 {
            let live = vm(run, 0, created: "\(round)")
            _ = machine.observe(state(run, [live], .running, attempt: round + 1), now: .seconds(20 * round))
            let step = machine.observe(state(run, [], .preempted, attempt: round + 1), now: .seconds(20 * round + 10))
            #expect(step.creations.count == 1)
            #expect(step.verdict == nil)
        }
    }

    @Test func aShardThatFailsThreeTimesIsGivenUp() throws {
        let run = try fleetRun(1)
        var machine = machine()
        // What failed before the waiting began is tried again.
        var step = machine.observe(state(run, [], .failed, attempt: 7, error: "old"), now: .zero)
        #expect(step.creations.map(\.zones) == [zones])
        for attempt in 8...9 {
            step = machine.observe(state(run, [], .failed, attempt: attempt, error: "bad rows"), now: .zero)
            #expect(step.creations.count == 1)
            #expect(
                step.news == [
                    "shard 0 (tick-data-vm-0), 2023-05-23: attempt \(attempt - 7) failed: 2023-05-23/x: bad rows"
                ]
            )
            // The same heartbeat again is no other failure.
            #expect(
                machine.observe(state(run, [], .failed, attempt: attempt, error: "bad rows"), now: .zero).news.isEmpty
            )
        }
        step = machine.observe(state(run, [], .partial, attempt: 10, error: "bad rows"), now: .zero)
        #expect(step.creations.isEmpty)
        #expect(step.verdict?.status == .incomplete)
        let reason = "2023-05-23 failed 3 times, at last: 2023-05-23/x: bad rows"
        #expect(step.verdict == .incomplete([.init(shard: 0, name: "tick-data-vm-0", reason: reason)]))
        #expect(step.todo.summary == "0 of 1 shard are finished, 1 shard is given up")
    }

    @Test func aGivenUpShardWhoseVMStillWorksIsWaitedFor() throws {
        let run = try fleetRun(1)
        var machine = machine { $0.attempts = 1 }
        _ = machine.observe(state(run, [vm(run, 0)], .running), now: .zero)
        let live = machine.observe(state(run, [vm(run, 0)], .partial, updated: 2), now: .seconds(10))
        // Its only date is over, so there is nothing more to wait for.
        #expect(live.verdict?.status == .incomplete)
        let two = try fleetRun(1, dates: ["2023-05-23", "2023-05-24"])
        machine = self.machine { $0.attempts = 1 }
        _ = machine.observe(fleetState(two, vms: [vm(two, 0)]), now: .zero)
        let beats = [
            beat(two, two.dates[0], shard: 0, phase: .partial),
            beat(two, two.dates[1], shard: 0, phase: .running),
        ]
        let working = machine.observe(fleetState(two, beats: beats, vms: [vm(two, 0)]), now: .seconds(10))
        #expect(working.verdict == nil)
        #expect(working.todo.isQuiet)
        #expect(machine.observe(fleetState(two, beats: beats), now: .seconds(20)).verdict?.status == .incomplete)
    }

    @Test func aVMThatClaimsToBeDoneButIsNotIsAFailureToo() throws {
        let run = try fleetRun(1)
        var machine = machine { $0.attempts = 2 }
        _ = machine.observe(state(run, [vm(run, 0)], .running), now: .zero)
        // While it lives, the listing may be older than its last word.
        #expect(machine.observe(state(run, [vm(run, 0)], .done), now: .zero).news.isEmpty)
        let first = machine.observe(state(run, [], .done), now: .zero)
        #expect(first.creations.count == 1)
        let second = machine.observe(state(run, [], .done, attempt: 2), now: .zero)
        #expect(second.verdict?.status == .incomplete)
    }

    @Test func aVMThatFallsSilentIsReplacedElsewhere() throws {
        let run = try fleetRun(1)
        var machine = machine()
        let live = vm(run, 0)
        func look(_ vms: [ComputeInstance], at seconds: Int64) -> WaitStep {
            machine.observe(state(run, vms, .running, updated: 60, at: seconds), now: .seconds(seconds))
        }
        #expect(look([live], at: 60).todo.isQuiet)
        #expect(look([live], at: 360).todo.isQuiet)
        let step = look([live], at: 361)
        #expect(step.todo.replacements == [live])
        #expect(step.creations[0].zones == [zones[1], zones[2], zones[0]])
        #expect(
            step.news == [
                "tick-data-vm-0 in asia-northeast1-a is replaced: no heartbeat for 5m 01s; the last one said RUNNING"
            ]
        )
        // It is asked for until it is gone, and said once; its end is no news then.
        #expect(look([live], at: 370).news.isEmpty)
        #expect(look([], at: 380).news.isEmpty)
    }

    @Test func aBeatThatIsHeardKeepsAVM() throws {
        let run = try fleetRun(1)
        var machine = machine()
        for beat in 0..<200 {
            let phase: ShardPhase = beat % 2 == 0 ? .locked : .running
            let time = Int64(beat * 250)
            let step = machine.observe(
                state(run, [vm(run, 0)], phase, updated: time, at: time + 249),
                now: .seconds(time)
            )
            #expect(step.todo.isQuiet)
        }
    }

    @Test func aVMThatNeverBootsIsReplacedAndGivenUpAfterThree() throws {
        let run = try fleetRun(1)
        var machine = machine()
        // The heartbeat is that of a VM before.
        func look(_ round: Int64, _ seconds: Int64) -> WaitStep {
            let created = CivilTimeText.rfc3339(soonAfter + (round * 1_000 + 10) * 1_000_000)
            let live = vm(run, 0, created: created)
            return machine.observe(state(run, [live], .preempted, at: seconds + 10), now: .seconds(seconds))
        }
        for round in Int64(0)..<2 {
            #expect(look(round, round * 1_000).todo.isQuiet)
            #expect(look(round, round * 1_000 + 900).todo.isQuiet)
            #expect(look(round, round * 1_000 + 901).todo.replacements.count == 1)
        }
        _ = look(2, 2_000)
        let last = look(2, 2_901)
        // The last one is left to be looked at.
        #expect(last.todo.replacements.isEmpty)
        #expect(last.verdict?.status == .incomplete)
        guard case .incomplete(let lost) = last.verdict else { return }
        #expect(
            lost.map(\.reason) == [
                "its VM never reported, 3 times; see the serial port's output of tick-data-vm-0"
            ]
        )
    }

    @Test func aFailedVMThatIsKeptIsNotDeleted() throws {
        let run = try fleetRun(1)
        var machine = machine { $0.keepsVMs = true }
        let live = vm(run, 0)
        let step = machine.observe(state(run, [live], .failed, error: "no rows", at: 2_000), now: .seconds(2_000))
        #expect(step.todo.actions.allSatisfy { !$0.isMutating })
        guard case .incomplete(let lost) = step.verdict else {
            Issue.record("it is not given up")
            return
        }
        #expect(lost[0].reason == "no rows; its VM is kept: delete it and run the same command again")
    }

    @Test func aFailedVMThatDoesNotEndIsReplaced() throws {
        let run = try fleetRun(1)
        var machine = machine()
        let live = vm(run, 0)
        #expect(machine.observe(state(run, [live], .failed, error: "x", at: 301), now: .zero).todo.isQuiet)
        let step = machine.observe(state(run, [live], .failed, error: "x", at: 302), now: .zero)
        #expect(step.todo.replacements == [live])
        #expect(
            step.news.last == "tick-data-vm-0 in asia-northeast1-a is replaced: it has failed, and its VM does not end"
        )
    }

    @Test func whatHasNoRoomIsTriedAgainLater() throws {
        let run = try fleetRun(2)
        var machine = machine()
        let none = fleetState(run)
        #expect(machine.observe(none, now: .zero).creations.flatMap(\.names).count == 2)
        var report = LaunchReport()
        report.created = [zones[0]: ["tick-data-vm-0"]]
        report.missing = ["tick-data-vm-1"]
        report.status = .temporary
        machine.launched(report, state: none, now: .zero)
        let some = fleetState(run, vms: [vm(run, 0)])
        #expect(machine.observe(some, now: .seconds(59)).creations.isEmpty)
        #expect(machine.observe(some, now: .seconds(59)).verdict == nil)
        #expect(machine.observe(some, now: .seconds(60)).creations.map(\.names) == [["tick-data-vm-1"]])
        machine.launched(report, state: some, now: .seconds(60))
        #expect(machine.observe(some, now: .seconds(179)).creations.isEmpty)
        #expect(machine.observe(some, now: .seconds(180)).creations.count == 1)
        report = LaunchReport()
        report.created = [zones[1]: ["tick-data-vm-1"]]
        machine.launched(report, state: some, now: .seconds(180))
        #expect(machine.observe(some, now: .seconds(181)).creations.count == 1)
    }

    @Test func aLaunchThatWaitingDoesNotMendEndsTheWaiting() throws {
        let run = try fleetRun(1)
        var machine = machine()
        var report = LaunchReport()
        report.missing = ["tick-data-vm-0"]
        report.status = .credentials
        machine.launched(report, state: fleetState(run), now: .zero)
        let step = machine.observe(fleetState(run), now: .seconds(1_000))
        #expect(step.verdict == .failed(report))
        #expect(step.verdict?.status == .credentials)
        #expect(step.creations.isEmpty)
    }

    @Test func aVMThatCannotBeStartedIsMadeElsewhere() throws {
        let run = try fleetRun(1)
        var machine = machine()
        let stopped = vm(run, 0, status: .terminated)
        #expect(machine.observe(state(run, [stopped]), now: .zero).todo.starts == [stopped])
        machine.couldNotStart(shard: 0)
        let step = machine.observe(state(run, [stopped]), now: .seconds(1))
        #expect(step.todo.replacements == [stopped])
        #expect(step.creations.map(\.zones) == [[zones[1], zones[2], zones[0]]])
    }

    @Test func aNameThatBelongsToOthersIsGivenUp() throws {
        let run = try fleetRun(1)
        var machine = machine()
        let stranger = ComputeInstance(name: "tick-data-vm-0", zone: zones[2], status: .running)
        let step = machine.observe(state(run, [stranger]), now: .zero)
        guard case .incomplete(let lost) = step.verdict else {
            Issue.record("it is not given up")
            return
        }
        #expect(lost[0].reason == "tick-data-vm-0 in asia-northeast1-c is not of this run; delete or rename it")
    }
}
