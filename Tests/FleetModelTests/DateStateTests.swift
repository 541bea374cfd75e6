import FleetModel
import Testing

/// The rules about a date, one case of each kind.
@Suite struct DateStateTests {
    private let day: CalendarDate
    private let plan: Plan
    /// 2023-05-24T08:00:00Z
    private let now: Int64 = 1_684_915_200_000_000

    init() throws {
        day = try date("2023-05-23")
        plan = Self.plan(day, ["A", "B"], shards: 2)
    }

    private static func plan(_ day: CalendarDate, _ symbols: [String], shards: Int) -> Plan {
        let instruments = symbols.map {
            Instrument(venue: .binanceSpot, symbol: $0, kind: .spot, dataTypes: [.trades])
        }
        return Plan(date: day, instruments: instruments, shards: shards, created: 1)
    }

    private func whole(_ object: DataObject) -> ListedObject {
        let metadata = ObjectMetadata(
            dataType: .trades,
            rows: 1,
            firstTime: day.startMicroseconds,
            lastTime: day.startMicroseconds,
            content: .init(size: 100, crc32c: 1),
            source: .init(path: "/v1/binance/trades/2023/05/23/\(object.symbol).csv.gz", size: 9)
        )
        return ListedObject(name: object.name, size: 100, crc32c: 1, metadata: metadata.encoded)
    }

    private func absence(_ object: DataObject) -> Absence {
        Absence(object: object.name, proof: .init(catalogue: "https://c", read: 1, reason: "never had it"))
    }

    private func worker(_ shard: Int, made seconds: Int64, state: Worker.State = .alive) -> Worker {
        Worker(
            name: "vm-\(shard)",
            place: "z",
            state: state,
            word: "RUNNING",
            since: now - seconds * 1_000_000,
            isPreemptible: true,
            dates: [day],
            plan: .standard,
            shard: shard,
            shards: 2
        )
    }

    private func heartbeat(
        _ plan: Plan,
        _ shard: Int,
        _ phase: ShardPhase,
        age seconds: Int64 = 5,
        vm: String? = nil,
        process: Heartbeat.Process? = nil
    ) -> Heartbeat {
        Heartbeat(
            date: day,
            plan: plan.id,
            vm: vm ?? "vm-\(shard)",
            shard: shard,
            shards: plan.shards,
            phase: phase,
            process: process,
            now: now - seconds * 1_000_000
        )
    }

    private func state(
        _ plans: [Plan]? = nil,
        workers: [Worker]? = [],
        heartbeats: [Heartbeat] = [],
        ends: [DateFacts.EndNote] = [],
        unreadable: [DateFacts.Unreadable] = [],
        objects: [ListedObject] = []
    ) -> DateState {
        let named = (plans ?? [plan]).enumerated().map { index, plan in
            DateFacts.NamedPlan(name: index == 0 ? .standard : PlanName(id: plan.id), plan: plan)
        }
        let facts = DateFacts(
            date: day,
            workers: workers,
            plans: named,
            heartbeats: heartbeats,
            unreadable: unreadable,
            ends: ends,
            objects: objects
        )
        return DateState(facts, now: now)
    }

    // MARK: Files

    @Test("an absence settles the file that it names, of its plan, and no other")
    func absences() throws {
        let (first, second) = (plan.objects[0], plan.objects[1])
        var said = heartbeat(plan, 0, .done)
        said.absences = [absence(second)]
        #expect(state(heartbeats: [said], objects: [whole(second)]).verdict == .incomplete)
        said.absences = [absence(first)]
        let settled = state(heartbeats: [said], objects: [whole(second)])
        #expect(settled.verdict == .whole)
        #expect(settled.files.map(\.state)[0] == .absent(absence(first)))
        // The same file, asked for by another plan whose workers have not asked the catalogue.
        let other = Self.plan(day, ["A"], shards: 1)
        let both = state([plan, other], heartbeats: [said], objects: [whole(second)])
        #expect(both.verdict == .incomplete)
        #expect(both.files.map(\.state)[0] == .missing)
        #expect(both.shards.map(\.isFinished) == [true, true, false])
    }

    @Test("a count without names settles nothing")
    func counts() {
        var said = heartbeat(plan, 0, .done)
        (said.figures.total, said.figures.absent) = (1, 1)
        #expect(state(heartbeats: [said], objects: [whole(plan.objects[1])]).verdict == .incomplete)
    }

    @Test("an object that is there and damaged is not settled by an absence")
    func damaged() {
        var said = heartbeat(plan, 0, .done)
        said.absences = [absence(plan.objects[0])]
        var bad = whole(plan.objects[0])
        bad.crc32c = 2
        let state = state(heartbeats: [said], objects: [bad, whole(plan.objects[1])])
        #expect(state.total.damaged == 1 && state.verdict == .incomplete)
    }

    @Test("what is expected is the union of all plans, each once whatever its names")
    func union() {
        let other = Self.plan(day, ["C"], shards: 1)
        let state = state([plan, other, plan], objects: plan.objects.map(whole))
        #expect(state.plans.count == 2)
        #expect(state.total.expected == 3 && state.total.whole == 2 && state.verdict == .incomplete)
        #expect(state.shards.map(\.plan) == [plan.id, plan.id, other.id])
    }

    // MARK: Workers

    @Test("a heartbeat older than its VM says nothing about it")
    func olderHeartbeat() {
        for phase in [ShardPhase.done, .failed, .running, .preempted] {
            let state = state(workers: [worker(0, made: 60)], heartbeats: [heartbeat(plan, 0, phase, age: 120)])
            #expect(state.shards[0].phase == .starting && !state.shards[0].isHeard)
            #expect(state.verdict == .working)
        }
    }

    @Test("one limit for silence, another until the first heartbeat")
    func lost() {
        let alive = worker(0, made: 2_000)
        #expect(
            state(workers: [alive], heartbeats: [heartbeat(plan, 0, .running, age: 300)]).shards[0].phase == .running
        )
        #expect(state(workers: [alive], heartbeats: [heartbeat(plan, 0, .running, age: 301)]).shards[0].phase == .lost)
        #expect(state(workers: [worker(0, made: 900)]).shards[0].phase == .starting)
        let silent = state(workers: [worker(0, made: 901)])
        #expect(silent.shards[0].phase == .lost)
        #expect(silent.timeLeft == nil && silent.verdict == .incomplete)
    }

    @Test("a VM that is gone is lost, a process that is silent only after a while")
    func gone() {
        #expect(state(heartbeats: [heartbeat(plan, 0, .running)]).shards[0].phase == .lost)
        let process = Heartbeat.Process(host: "h", id: 1, began: 1)
        let local = heartbeat(plan, 0, .running, vm: "local-0", process: process)
        #expect(state(heartbeats: [local]).shards[0].phase == .running)
        #expect(state(workers: nil, heartbeats: [heartbeat(plan, 0, .running)]).shards[0].phase == .running)
    }

    @Test("a VM's note of its end counts where its container did not say how it ended")
    func ends() throws {
        let written = now - 10_000_000
        let note = try #require(DateFacts.EndNote(vm: "vm-0", text: "FAILED plan.json 0 no Docker\n", written: written))
        let ended = worker(0, made: 60, state: .ended)
        #expect(state(workers: [ended], ends: [note]).shards[0].phase == .failed)
        #expect(state(workers: [ended], ends: [note]).shards[0].reason == "no Docker")
        #expect(state(ends: [note]).shards.map(\.phase) == [.failed, .planned])
        #expect(state(ends: [note]).shards[0].attemptMark == written)
        let running = heartbeat(plan, 0, .running, age: 30)
        #expect(state(heartbeats: [running], ends: [note]).shards[0].phase == .failed)
        let said = heartbeat(plan, 0, .partial, age: 30)
        #expect(state(workers: [ended], heartbeats: [said], ends: [note]).shards[0].phase == .partial)
        // Of the life before.
        #expect(state(workers: [worker(0, made: 5)], ends: [note]).shards[0].phase == .starting)
        for text in [
            "", "FAILED", "FAILED it", "DONE plan.json 0 it is", "LOST plan.json 0 x", "FAILED plan.json -1 x",
            "FAILED x 0 x",
        ] {
            #expect(DateFacts.EndNote(vm: "vm-0", text: text, written: 0) == nil)
        }
    }

    @Test("a heartbeat that cannot be read is said in its VM's row")
    func unreadable() {
        let state = state(
            workers: [worker(0, made: 60)],
            unreadable: [.init(vm: "vm-0", reason: "the heartbeat X cannot be used: its metadata has the tick-rows -1")]
        )
        #expect(
            state.shards[0].reason
                == "unreadable: the heartbeat X cannot be used: its metadata has the tick-rows -1"
        )
        #expect(state.notes.count == 1)
    }

    @Test("what cannot be read does not keep a VM from being lost, and what is older than it is no matter")
    func unreadableForLong() {
        let old = DateFacts.Unreadable(vm: "vm-0", reason: "X", written: now - 1_000_000_000)
        #expect(state(workers: [worker(0, made: 901)], unreadable: [old]).shards[0].phase == .lost)
        #expect(state(workers: [worker(0, made: 60)], unreadable: [old]).shards[0].reason == nil)
    }

    @Test("a VM of several dates that never spoke about any is lost on each of them")
    func silentAboutAll() throws {
        var late = worker(0, made: 901)
        late.dates = [try date("2023-05-22"), day]
        // Where the other dates were not read, it may have been heard there.
        #expect(state(workers: [late]).shards[0].phase == .planned)
        let plans = [DateFacts.NamedPlan(name: .standard, plan: plan)]
        let facts = DateFacts(date: day, workers: [late], plans: plans)
        func all(_ said: [Heartbeat]) -> ShardPhase {
            DateState(facts, lastHeard: LastHeard(said, isComplete: true), now: now).shards[0].phase
        }
        #expect(all([]) == .lost)
        #expect(all([heartbeat(plan, 0, .running)]) == .planned)
        #expect(all([heartbeat(plan, 0, .running, age: 301)]) == .lost)
        late.since = now - 60_000_000
        #expect(state(workers: [late]).shards[0].phase == .planned)
    }

    @Test("a later attempt that found a file otherwise ends its absence")
    func contrary() {
        var first = heartbeat(plan, 0, .done, age: 60, vm: "a-0")
        first.absences = [absence(plan.objects[0])]
        let objects = [whole(plan.objects[1])]
        #expect(
            state(heartbeats: [first, heartbeat(plan, 0, .running, vm: "b-0")], objects: objects).verdict == .whole
        )
        let failed = state(heartbeats: [first, heartbeat(plan, 0, .failed, vm: "b-0")], objects: objects)
        #expect(failed.verdict == .incomplete && failed.files[0].state == .missing)
    }

    @Test("a VM works on what it says, whatever is under the name of its plan now")
    func replacedPlan() {
        let other = Self.plan(day, ["C"], shards: 1)
        let said = heartbeat(plan, 0, .running)
        let state = state([other], workers: [worker(0, made: 60)], heartbeats: [said])
        #expect(state.shards.map(\.worker) == [nil])
        // Before its first heartbeat, the number of shards has to fit.
        #expect(self.state([other], workers: [worker(0, made: 60)]).shards.map(\.worker) == [nil])
    }

    // MARK: Claims

    @Test("a shard on which somebody works is not taken, one whose worker has ended or died is")
    func claims() {
        let mine = Heartbeat.Process(host: "h", id: 2, began: 2)
        let own = heartbeat(plan, 0, .starting, vm: "local-0", process: mine)
        func claim(_ others: [Heartbeat], _ own: Heartbeat, isRunning: Bool? = nil) -> ShardClaim {
            ShardClaim(own, among: others, now: now, isRunning: { _ in isRunning })
        }
        let process = Heartbeat.Process(host: "h", id: 1, began: 1)
        let living = heartbeat(plan, 0, .running, vm: "local-0", process: process)
        guard case .held(let reason) = claim([living], own) else {
            Issue.record("it is taken")
            return
        }
        #expect(reason.hasPrefix("local-0 (process 1 on h) works on shard 0 of 2023-05-23, with its last heartbeat 5s"))
        #expect(claim([living], own, isRunning: true) != .free(attempt: 2))
        #expect(claim([living], own, isRunning: false) == .free(attempt: 2))
        #expect(
            claim([heartbeat(plan, 0, .running, age: 301, vm: "local-0", process: process)], own) == .free(attempt: 2)
        )
        #expect(claim([heartbeat(plan, 0, .failed, vm: "local-0", process: process)], own) == .free(attempt: 2))
        #expect(claim([heartbeat(plan, 1, .running, vm: "local-1", process: process)], own) == .free(attempt: 1))
        #expect(claim([], own) == .free(attempt: 1))
        // A VM's heartbeat holds a process off, and a VM that boots again goes on.
        guard case .held = claim([heartbeat(plan, 0, .running)], own) else {
            Issue.record("a VM's shard is taken")
            return
        }
        #expect(claim([heartbeat(plan, 0, .running)], heartbeat(plan, 0, .starting)) == .free(attempt: 2))
    }
}
