/// Heartbeats, workers and end notes of a date, by plan and shard.
struct ShardEvidence {
    private struct Slot: Hashable {
        let plan: PlanID
        let shard: Int
    }

    private let date: CalendarDate
    private let isWorkerKnown: Bool
    private var heartbeats: [Slot: [Heartbeat]] = [:]
    private var workers: [Slot: [Worker]] = [:]
    private let ends: [String: DateFacts.EndNote]
    private let lastHeard: [String: Int64]
    private let unreadable: [String: String]

    init(_ facts: DateFacts, _ plans: [DateFacts.NamedPlan], _ lastHeard: [String: Int64]) {
        date = facts.date
        isWorkerKnown = facts.workers != nil
        self.lastHeard = lastHeard
        unreadable = Dictionary(facts.unreadable.map { ($0.vm, $0.reason) }) { first, _ in first }
        ends = Dictionary(facts.ends.map { ($0.vm, $0) }) { $0.written > $1.written ? $0 : $1 }
        var said: [String: Slot] = [:]
        for heartbeat in facts.heartbeats where heartbeat.date == facts.date {
            let slot = Slot(plan: heartbeat.plan, shard: heartbeat.shard)
            heartbeats[slot, default: []].append(heartbeat)
            said[heartbeat.vm] = slot
        }
        let ids = Dictionary(facts.plans.map { ($0.name, $0.plan.id) }) { first, _ in first }
        for worker in facts.workers ?? [] where worker.dates.contains(facts.date) {
            let told = worker.plan.flatMap { name in
                (ids[name] ?? name.id).flatMap { id in worker.shard.map { Slot(plan: id, shard: $0) } }
            }
            guard let slot = told ?? said[worker.name] else { continue }
            workers[slot, default: []].append(worker)
        }
    }

    /// The absences of one shard of a plan, by the names of the objects.
    func absences(_ plan: PlanID, _ shard: Int) -> [String: Absence] {
        let all = (heartbeats[Slot(plan: plan, shard: shard)] ?? []).flatMap(\.absences)
        return Dictionary(all.map { ($0.object, $0) }) { first, _ in first }
    }

    func state(
        _ plan: DateFacts.NamedPlan,
        _ shard: Int,
        _ files: [FileState],
        _ rules: LivenessRules,
        now: Int64
    ) -> ShardState {
        let slot = Slot(plan: plan.plan.id, shard: shard)
        // More than one of a shard are there only by accident.
        let own = workers[slot] ?? []
        let worker = own.first { $0.state == .alive } ?? own.first
        let said = heartbeats[slot] ?? []
        let last = said.max { $0.updated < $1.updated }
        let heartbeat = worker.map { worker in said.first { $0.vm == worker.name } } ?? last
        let unsettled = files.count { !$0.isSettled }
        let evidence = ShardRule.Evidence(
            date: date,
            isFinished: unsettled == 0,
            expected: files.count,
            unsettled: unsettled,
            worker: isWorkerKnown ? worker.map { .one($0) } ?? .none : .unknown,
            heartbeat: heartbeat,
            end: (worker?.name ?? last?.vm).flatMap { ends[$0] },
            unreadable: worker.flatMap { unreadable[$0.name] },
            lastHeard: worker.flatMap { worker in
                lastHeard[worker.name].flatMap { worker.isAbout(written: $0) ? $0 : nil }
            }
        )
        return ShardState(
            date: date,
            plan: plan,
            shard: shard,
            files: files,
            worker: worker,
            heartbeat: heartbeat,
            judgement: ShardRule(evidence, rules, now: now)
        )
    }
}
