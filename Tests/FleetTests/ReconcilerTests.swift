import FleetModel
import Common
@testable import Fleet
import GoogleCloud
import Testing

/// A state of a run with everything given.
func fleetState(
    _ run: FleetRun,
    offset: Int = 0,
    expected: [String: String] = [:],
    objects: [ObjectInfo] = [],
    beats: [Heartbeat] = [],
    vms: [ComputeInstance] = []
) -> FleetState {
    fleetState(
        run,
        prefix: prefix,
        offset: offset,
        expected: expected,
        objects: objects,
        heartbeats: beats,
        vms: vms
    )
}

/// The whole objects of some shards of all dates.
func objects(_ run: FleetRun, shards: some Sequence<Int>) -> [ObjectInfo] {
    shards.flatMap { shard in
        run.dates.flatMap { run.plan(for: $0, created: 0).objects(ofShard: shard).map { whole($0) } }
    }
}

@Suite struct ReconcilerTests {
    @Test func nothingThereMakesEverything() throws {
        let run = try fleetRun(3)
        let result = Reconciler.reconcile(fleetState(run))
        #expect(result.summary == "0 of 3 shards are finished, 3 VMs are made")
        #expect(
            result.creations(zones: ["a", "b"]) == [
                Creation(names: ["tick-data-vm-0", "tick-data-vm-1", "tick-data-vm-2"], zones: ["a", "b"])
            ]
        )
        #expect(!result.isQuiet)
        #expect(!result.isFinished)
    }

    @Test func aFinishedDateNeedsNothingAndIdleVMsAreNamed() throws {
        let run = try fleetRun(3)
        let state = fleetState(run, objects: objects(run, shards: 0..<3), vms: [vm(run, 1)])
        let result = Reconciler.reconcile(state)
        #expect(result.isQuiet)
        #expect(result.isFinished)
        #expect(result.idle.map(\.name) == ["tick-data-vm-1"])
        #expect(result.summary == "3 of 3 shards are finished")
    }

    @Test func aHealthyFleetNeedsNothing() throws {
        let run = try fleetRun(3)
        let statuses: [ComputeInstance.Status] = [.provisioning, .running, .repairing]
        let result = Reconciler.reconcile(
            fleetState(run, vms: statuses.enumerated().map { vm(run, $0.offset, status: $0.element) })
        )
        #expect(result.isQuiet)
        #expect(result.summary == "0 of 3 shards are finished, 3 VMs work")
    }

    @Test func eachShardGetsWhatItNeeds() throws {
        let run = try fleetRun(60)
        let vms = [
            vm(run, 1), vm(run, 2, status: .terminated), vm(run, 3, status: .stopping), vm(run, 4, status: .suspended),
            vm(run, 6), vm(run, 6, zone: "asia-northeast1-b"),
            ComputeInstance(name: "tick-data-vm-7", zone: "asia-northeast1-a", status: .running),
        ]
        let beats = [beat(run, run.dates[0], shard: 5, phase: .running)]
        let state = fleetState(run, objects: objects(run, shards: [0] + Array(8..<60)), beats: beats, vms: vms)
        let result = Reconciler.reconcile(state)
        #expect(
            result.actions.prefix(9).map(\.verdict) == [
                .finished, .leave(vms[0]), .start(vms[1]), .waitGone(vms[2]), .replace(vms[3]), .create,
                .leaveAll([vms[4], vms[5]]), .conflict([vms[6]]), .finished,
            ]
        )
        #expect(
            result.summary == "53 of 60 shards are finished, 1 VM works, 1 VM is started again, 1 VM is going away, "
                + "1 VM is replaced, 1 VM is made again, 1 name works in several zones, 1 name is taken by others"
        )
        #expect(result.starts == [vms[1]])
        #expect(result.replacements == [vms[3]])
        #expect(result.going == [vms[2]])
        #expect(result.conflicts == [vms[6]])
        // The replaced VM goes to another zone first, the lost one too when its zone is known.
        let zones = ["asia-northeast1-a", "asia-northeast1-b", "asia-northeast1-c"]
        #expect(
            result.creations(zones: zones, avoiding: [5: "asia-northeast1-b"]) == [
                Creation(names: ["tick-data-vm-4"], zones: [zones[1], zones[2], zones[0]]),
                Creation(names: ["tick-data-vm-5"], zones: [zones[0], zones[2], zones[1]]),
            ]
        )
        #expect(result.creations(zones: ["asia-northeast1-a"]).map(\.zones) == [["asia-northeast1-a"]])
    }

    @Test func aRangeOfShardsLimitsWhatIsDoneOnly() throws {
        let run = try fleetRun(6)
        let state = fleetState(run, objects: objects(run, shards: [0, 3]))
        let result = Reconciler.reconcile(state, range: 2...3)
        #expect(result.actions.map(\.shard) == [2, 3])
        #expect(result.summary == "1 of 2 shards (of 6 in all) is finished, 1 VM is made")
        #expect(result.creations(zones: ["a"]).map(\.names) == [["tick-data-vm-2"]])
    }

    @Test func aVMThatCannotBeStartedIsMadeAnewElsewhere() throws {
        let run = try fleetRun(1)
        let stopped = vm(run, 0, status: .terminated)
        let result = Reconciler.reconcile(fleetState(run, vms: [stopped]), cannotStart: [stopped.name])
        #expect(result.actions.map(\.verdict) == [.replace(stopped)])
        #expect(result.creations(zones: ["asia-northeast1-a", "z"])[0].zones == ["z", "asia-northeast1-a"])
    }

    @Test func aStoppedVMThatWasToldSomethingElseIsNotStarted() throws {
        let run = try fleetRun(2)
        let told = run.metadata(settings(plan: "plan.\(run.planID).json"))
        let vms = [vm(run, 0, status: .stopped), vm(run, 1, status: .stopped, plan: "plan.\(run.planID).json")]
        let result = Reconciler.reconcile(fleetState(run, expected: told, vms: vms))
        #expect(result.actions.map(\.verdict) == [.replace(vms[0]), .start(vms[1])])
    }

    @Test func oneLiveVMAmongSeveralOfANameIsEnough() throws {
        let run = try fleetRun(1)
        let live = vm(run, 0, zone: "asia-northeast1-c")
        let dead = [vm(run, 0, status: .terminated), vm(run, 0, status: .stopping, zone: "asia-northeast1-b")]
        #expect(Reconciler.reconcile(fleetState(run, vms: dead + [live])).actions[0].verdict == .leave(live))
        #expect(Reconciler.reconcile(fleetState(run, vms: dead)).actions[0].verdict == .start(dead[0]))
    }
}

@Suite struct FleetStateTests {
    /// Shard 0 of a run of two shards and four instruments: six objects.
    private func day(_ count: Int, _ beats: (FleetRun, CalendarDate) -> [Heartbeat]) throws -> ShardState {
        let run = try fleetRun(2, instruments: 4)
        let plan = run.plan(for: run.dates[0], created: 0).objects(ofShard: 0)
        let infos = plan.prefix(count).map { whole($0) }
        return fleetState(run, objects: infos, beats: beats(run, run.dates[0])).shards[0].days[0]
    }

    /// The last two of the six are not at the source.
    private func absences(_ run: FleetRun, _ date: CalendarDate, _ range: Range<Int> = 4..<6) -> [Absence] {
        run.plan(for: date, created: 0).objects(ofShard: 0)[range].map { absence($0.name) }
    }

    @Test(
        "absences settle the files that they name, whatever else became of the attempt",
        arguments: [ShardPhase.done, .running, .partial, .failed, .preempted]
    )
    func absencesSettle(phase: ShardPhase) throws {
        let settled = try day(4) { run, date in
            [beat(run, date, shard: 0, phase: phase) { $0.absences = absences(run, date) }]
        }
        #expect(settled.isFinished)
        #expect(settled.counts.absent == 2)
        #expect(settled.counts.whole == 4)
        #expect(settled.counts.rows == 40)
        #expect(settled.counts.bytesIn == 4_000)
    }

    @Test func anObjectDeletedLaterIsNoticed() throws {
        let lost = try day(3) { run, date in
            [beat(run, date, shard: 0, phase: .done) { $0.absences = absences(run, date) }]
        }
        #expect(!lost.isFinished)
        #expect(lost.counts.absent == 2)
        #expect(lost.unsettled.count == 1)
        #expect(lost.phase == .partial)
    }

    @Test func countsWithoutNamesSettleNothing() throws {
        let open = try day(4) { run, date in
            [beat(run, date, shard: 0, phase: .done) { ($0.figures.done, $0.figures.absent) = (4, 2) }]
        }
        #expect(!open.isFinished)
        #expect(open.unsettled.count == 2)
    }

    @Test func heartbeatsOfOtherPlansAndShardsSettleNothing() throws {
        let open = try day(4) { run, date in
            var other = beat(run, date, shard: 1, phase: .done) { $0.absences = absences(run, date) }
            other.vm = "tick-data-vm-1"
            var division = beat(run, date, shard: 0, phase: .done) { $0.absences = absences(run, date) }
            division.plan = PlanID(run.instruments, shards: 3)
            return [other, division]
        }
        #expect(!open.isFinished)
        #expect(open.heartbeat == nil)
    }

    @Test func aHeartbeatOfAnEarlierOffsetSettlesToo() throws {
        let settled = try day(4) { run, date in
            [beat(run, date, shard: 0, offset: 60, phase: .done) { $0.absences = absences(run, date) }]
        }
        #expect(settled.isFinished)
        #expect(settled.heartbeat?.vm == "tick-data-vm-60")
    }

    @Test func objectsThatAreNotWholeAreMissing() throws {
        let run = try fleetRun(1)
        let plan = run.plan(for: run.dates[0], created: 0).objects
        var foreign = whole(plan[0])
        foreign.metadata = [:]
        // Its bytes are others than those that were written.
        var replaced = whole(plan[2])
        replaced.crc32c = replaced.crc32c.map { $0 ^ 1 }
        let state = fleetState(run, objects: [foreign, whole(plan[1]), replaced])
        #expect(state.shards[0].days[0].unsettled == [plan[0].name, plan[2].name])
        #expect(state.shards[0].missing == 2)
    }

    @Test func aShardIsFinishedWhenAllDatesAre() throws {
        let run = try fleetRun(1, dates: ["2023-05-23", "2023-05-24"])
        let first = run.plan(for: run.dates[0], created: 0).objects.map { whole($0) }
        let second = run.plan(for: run.dates[1], created: 0).objects.map { whole($0) }
        #expect(!fleetState(run, objects: first).shards[0].isFinished)
        #expect(fleetState(run, objects: first + second).shards[0].isFinished)
    }

    @Test func thePhaseIsWhatObjectsAndVMTellFirst() throws {
        let run = try fleetRun(1)
        func phase(_ said: ShardPhase?, _ vms: [ComputeInstance], whole: Bool = false) -> ShardPhase {
            let beats = said.map { [beat(run, run.dates[0], shard: 0, phase: $0)] } ?? []
            return fleetState(run, objects: whole ? objects(run, shards: [0]) : [], beats: beats, vms: vms).shards[0]
                .phase
        }
        let live = [vm(run, 0)]
        #expect(phase(nil, []) == .planned)
        #expect(phase(nil, live) == .starting)
        #expect(phase(.running, live) == .running)
        #expect(phase(.locked, live) == .locked)
        #expect(phase(.running, []) == .lost)
        #expect(phase(.partial, []) == .partial)
        // The replacement of a preempted VM has not said anything yet.
        let replaced = [vm(run, 0, created: "2023-05-24T07:00:30Z")]
        #expect(phase(.preempted, replaced) == .preempted)
        #expect(phase(.preempted, [vm(run, 0, created: "2023-05-24T07:01:30Z")]) == .starting)
        #expect(phase(.failed, [], whole: true) == .done)
    }

    @Test("a VM that is lost is replaced by a launch as by --wait")
    func lost() throws {
        let run = try fleetRun(2)
        let beats = run.dates.map { beat(run, $0, shard: 0, phase: .running, updated: soonAfter) }
        for (silence, isLost) in [(Int64(299), false), (301, true)] {
            let state = fleetState(
                run,
                objects: [],
                heartbeats: beats,
                vms: [vm(run, 0), vm(run, 1)],
                now: soonAfter + silence * 1_000_000
            )
            let todo = Reconciler.reconcile(state)
            #expect(todo.replacements.map(\.name) == (isLost ? ["tick-data-vm-0"] : []))
            #expect(todo.isQuiet == !isLost)
        }
    }
}
