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
    private var ends: [Slot: DateFacts.EndNote] = [:]
    private let lastHeard: LastHeard
    private let unreadable: [String: DateFacts.Unreadable]

    init(_ facts: DateFacts, _ plans: [DateFacts.NamedPlan], _ lastHeard: LastHeard) {
        date = facts.date
        isWorkerKnown = facts.workers != nil
        self.lastHeard = lastHeard
        unreadable = Dictionary(facts.unreadable.map { ($0.vm, $0) }) { first, _ in first }
        var said: [String: (slot: Slot, updated: Int64)] = [:]
        for heartbeat in facts.heartbeats where heartbeat.date == facts.date {
            let slot = Slot(plan: heartbeat.plan, shard: heartbeat.shard)
            heartbeats[slot, default: []].append(heartbeat)
            if said[heartbeat.vm].map({ $0.updated < heartbeat.updated }) ?? true {
                said[heartbeat.vm] = (slot, heartbeat.updated)
            }
        }
        let ids = Dictionary(facts.plans.map { ($0.name, $0.plan.id) }) { first, _ in first }
        for note in facts.ends {
            guard let id = ids[note.plan] ?? note.plan.id else { continue }
            let slot = Slot(plan: id, shard: note.shard)
            if ends[slot].map({ $0.written < note.written }) ?? true { ends[slot] = note }
        }
        let shards = Dictionary(facts.plans.map { ($0.plan.id, $0.plan.shards) }) { first, _ in first }
        for worker in facts.workers ?? [] where worker.dates.contains(facts.date) {
            let told = worker.plan.flatMap { name in
                (ids[name] ?? name.id).flatMap { id in worker.shard.map { Slot(plan: id, shard: $0) } }
            }
            // What it says itself counts more than what is under the name now that it was told to read then.
            let own = said[worker.name].flatMap { worker.isAbout(written: $0.updated) ? $0.slot : nil }
            let fits = told.map { slot in worker.shards.map { $0 == shards[slot.plan] ?? $0 } ?? true } ?? false
            guard let slot = own ?? (fits ? told : nil) ?? said[worker.name]?.slot else { continue }
            workers[slot, default: []].append(worker)
        }
    }

    /// The absences of one shard of a plan, by the names of the objects.
    func absences(_ plan: PlanID, _ shard: Int) -> [String: Absence] {
        let said = (heartbeats[Slot(plan: plan, shard: shard)] ?? []).sorted { $0.updated < $1.updated }
        var found: [String: Absence] = [:]
        for heartbeat in said {
            // Who has had all files' turn and does not name it found it otherwise.
            if heartbeat.phase.isComplete || heartbeat.phase == .partial || heartbeat.phase == .failed { found = [:] }
            for absence in heartbeat.absences { found[absence.object] = absence }
        }
        return found
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
            end: ends[slot].flatMap { note in worker.map { $0.name == note.vm } ?? true ? note : nil },
            unreadable: worker.flatMap { worker in
                unreadable[worker.name].flatMap { $0.written.map(worker.isAbout(written:)) ?? true ? $0.reason : nil }
            },
            knowsOtherDates: lastHeard.isComplete,
            lastHeard: worker.flatMap { worker in
                lastHeard.times[worker.name].flatMap { worker.isAbout(written: $0) ? $0 : nil }
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
