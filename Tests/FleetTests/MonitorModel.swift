import FleetModel
import Common
@testable import Fleet
import GoogleCloud
import Testing

/// A world in which a fleet lives through a random history. It keeps its own account of what is true, in its own terms, to
/// compare with what the monitor makes of the bucket and of the list of VMs.
struct MonitorModel {
    /// What is true of one file.
    enum File: Equatable {
        case missing
        /// The source does not have it; nobody but its VM knows.
        case notToBeHad
        case there(rows: Int64, source: Int64, bytes: Int)
        case replaced(bytes: Int)
    }

    struct Shard {
        var files: [DataObject: File]
        var order: [DataObject]
        var vm: ComputeInstance?
        var state: Heartbeat?
        /// What a person should read.
        var phase = ShardPhase.planned
        /// What its VM said last.
        var said: Heartbeat?
        /// Whether the VM of now speaks each ten seconds.
        var speaks = false
        /// When the VM was made.
        var made: Int64 = 0
    }

    let run: FleetRun
    let day: CalendarDate
    let store = CountingStore()
    var shards: [Shard]
    var now = monitorNow
    var random: SplitMix

    init(_ run: FleetRun, seed: UInt64) async throws {
        self.run = run
        day = try #require(run.dates.first)
        random = SplitMix(state: seed)
        let plan = run.plan(for: day, created: 1)
        shards = (0..<run.shards).map { shard in
            let objects = plan.objects(ofShard: shard)
            return Shard(files: Dictionary(uniqueKeysWithValues: objects.map { ($0, File.missing) }), order: objects)
        }
        try await store.plan(plan, withMetadata: random.chance(0.5))
    }

    var vms: [ComputeInstance] { shards.compactMap(\.vm) }

    // MARK: History

    /// One thing happens to one shard, and 20 seconds go by in which all others speak.
    mutating func step() async throws {
        let shard = Int.random(in: shards.indices, using: &random)
        let isAlive = shards[shard].vm?.status.isAlive ?? false
        let isStill = shards[shard].vm != nil && !isAlive
        switch (Int.random(in: 0..<13, using: &random), isAlive, isStill) {
        case (0...1, false, false): create(shard)
        case (0...1, false, true): leave(shard)
        case (2...6, true, _): try await work(shard)
        case (7, true, _): try await end(shard)
        case (8, true, _): try await endEarly(shard)
        case (9, true, _): vanish(shard)
        case (10, true, _): try await fallSilent(shard)
        case (11, _, _): try await damage(shard)
        case (12, true, _): try await lock(shard)
        default: break
        }
        try await pass(seconds: 20)
    }

    private mutating func pass(seconds: Int64) async throws {
        now += seconds * 1_000_000
        for shard in shards.indices where shards[shard].speaks { try await speak(shard) }
    }

    private mutating func create(_ shard: Int) {
        guard !isFinished(shard) else { return }
        let zone = ["asia-northeast1-a", "asia-northeast1-b"].randomElement(using: &random) ?? "asia-northeast1-a"
        let made = CivilTimeText.rfc3339(now)
        shards[shard].vm = vm(run, shard, status: .provisioning, zone: zone, created: made)
        shards[shard].phase = .starting
        shards[shard].speaks = false
        shards[shard].made = now
    }

    /// The VM does the next bit: boots, speaks for the first time, brings a file.
    private mutating func work(_ shard: Int) async throws {
        guard shards[shard].vm?.status == .running else {
            shards[shard].vm?.status = .running
            return
        }
        if !shards[shard].speaks {
            // A VM that went silent does not speak again.
            guard shards[shard].phase == .starting else { return }
            let attempt = (shards[shard].state?.attempt ?? 0) + 1
            let name = FleetNames.vm(prefix, shard)
            var state = Heartbeat(
                date: day,
                plan: run.planID,
                vm: name,
                shard: shard,
                shards: run.shards,
                attempt: attempt,
                now: now
            )
            state.figures.total = shards[shard].order.count
            shards[shard].state = state
            shards[shard].speaks = true
            try await speak(shard)
            return
        }
        guard !isFinished(shard) else { return }
        set(shard, .running)
        shards[shard].state?.figures.bytesPerSecond = Int64.random(in: 1...90_000_000, using: &random)
        let open = shards[shard].order.filter { shards[shard].files[$0] == .missing || isReplaced(shard, $0) }
        guard let object = open.randomElement(using: &random) else { return try await end(shard) }
        shards[shard].state?.current = [object.name]
        if random.chance(0.1), shards[shard].files[object] == .missing {
            shards[shard].files[object] = .notToBeHad
            shards[shard].state?.absences.append(
                .init(
                    object: object.name,
                    proof: .init(catalogue: "c", read: now, reason: "the source does not have it")
                )
            )
            shards[shard].state?.figures.absent += 1
        } else {
            let rows = random.chance(0.2) ? 0 : Int64.random(in: 1...1_000_000, using: &random)
            let source = Int64.random(in: 20...5_000_000, using: &random)
            let bytes = Int.random(in: 12...900, using: &random)
            try await store.bring(object, rows: rows, source: source, bytes: bytes)
            shards[shard].files[object] = .there(rows: rows, source: source, bytes: bytes)
            shards[shard].state?.figures.done += 1
        }
        try await speak(shard)
    }

    /// All has had its turn: the VM says how it went, and mostly goes.
    private mutating func end(_ shard: Int) async throws {
        guard shards[shard].speaks else { return }
        let open = shards[shard].order.filter { shards[shard].files[$0] == .missing || isReplaced(shard, $0) }
        let absent = shards[shard].files.values.count { $0 == .notToBeHad }
        // A new attempt finds again what the source does not have.
        guard var state = shards[shard].state else { return }
        state.figures.absent = absent
        state.absences = shards[shard].order.filter { shards[shard].files[$0] == .notToBeHad }.map {
            .init(object: $0.name, proof: .init(catalogue: "c", read: now, reason: "never had it"))
        }
        state.figures.done = 0
        state.figures.skipped = shards[shard].order.count - absent - open.count
        state.figures.failed = open.count
        for object in open { state.note(error: .init(object: object.name, reason: "the source said 500")) }
        let ended = state.finishedPhase
        state.phase = ended
        shards[shard].state = state
        shards[shard].phase = self.ended(ended)
        try await speak(shard)
        shards[shard].speaks = false
        if random.chance(0.8) { shards[shard].vm = nil }
    }

    /// The platform takes the VM, which says so.
    private mutating func endEarly(_ shard: Int) async throws {
        shards[shard].vm?.status = random.chance(0.5) ? .stopping : .terminated
        if shards[shard].speaks {
            shards[shard].state?.phase = .preempted
            try await speak(shard)
            shards[shard].speaks = false
        }
        if !isEnded(shard) { shards[shard].phase = .preempted }
        if random.chance(0.3) { leave(shard) }
    }

    /// The VM is gone from one moment to the next.
    private mutating func vanish(_ shard: Int) {
        shards[shard].vm = nil
        shards[shard].speaks = false
        afterward(shard)
    }

    /// A VM that stood still is deleted.
    private mutating func leave(_ shard: Int) {
        shards[shard].vm = nil
        afterward(shard)
    }

    /// What is read of a shard whose VM is gone: its last word, if it is a good one.
    private mutating func afterward(_ shard: Int) {
        guard let said = shards[shard].state?.phase else {
            shards[shard].phase = .planned
            return
        }
        shards[shard].phase = said.isFinal ? ended(said) : .lost
    }

    private mutating func fallSilent(_ shard: Int) async throws {
        guard shards[shard].speaks else { return }
        shards[shard].speaks = false
        try await pass(seconds: 320)
        shards[shard].phase = .lost
    }

    private mutating func lock(_ shard: Int) async throws {
        guard shards[shard].speaks, !isFinished(shard) else { return }
        set(shard, .locked)
        try await speak(shard)
    }

    /// Somebody deletes or replaces a file.
    private mutating func damage(_ shard: Int) async throws {
        guard let object = shards[shard].order.randomElement(using: &random),
            case .there = shards[shard].files[object]
        else { return }
        if random.chance(0.5) {
            try await store.delete(object.name, precondition: .none)
            shards[shard].files[object] = .missing
        } else {
            let bytes = Int.random(in: 1...50, using: &random)
            _ = try await store.put(object.name, [UInt8](repeating: 1, count: bytes), options: PutOptions())
            shards[shard].files[object] = .replaced(bytes: bytes)
        }
    }

    private func ended(_ said: ShardPhase) -> ShardPhase {
        said.isComplete ? .partial : ShardPhase(rawValue: said.rawValue) ?? .lost
    }

    private mutating func set(_ shard: Int, _ phase: ShardPhase) {
        shards[shard].state?.phase = phase
        shards[shard].phase = ShardPhase(rawValue: phase.rawValue) ?? .lost
    }

    private mutating func speak(_ shard: Int) async throws {
        shards[shard].state?.updated = now
        shards[shard].said = shards[shard].state
        if let state = shards[shard].state { try await store.beat(state) }
    }

    // MARK: Truth

    private func isReplaced(_ shard: Int, _ object: DataObject) -> Bool {
        if case .replaced = shards[shard].files[object] { true } else { false }
    }

    /// Whether each file is there, or said by the last heartbeat not to be at the source.
    private func isFinished(_ shard: Int) -> Bool {
        shards[shard].files.allSatisfy { object, file in isSettled(shards[shard], object, file) }
    }

    private func isSettled(_ shard: Shard, _ object: DataObject, _ file: File) -> Bool {
        switch file {
        case .there: true
        case .notToBeHad: shard.said?.absences.contains { $0.object == object.name } ?? false
        case .missing, .replaced: false
        }
    }

    private func isEnded(_ shard: Int) -> Bool {
        guard let state = shards[shard].state, state.updated >= shards[shard].made else { return false }
        return state.phase.isFinal && state.phase != .preempted
    }

    /// What a person should read of a shard now: a VM that never speaks is given up after a quarter of an hour.
    func phase(_ shard: Int) -> ShardPhase {
        if isFinished(shard) { return .done }
        let isLate = shards[shard].vm != nil && !shards[shard].speaks && now - shards[shard].made > 900_000_000
        return shards[shard].phase == .starting && isLate ? .lost : shards[shard].phase
    }

    /// The whole of it in a word.
    var verdict: DateState.Verdict {
        if truth(nil).missing == 0, truth(nil).bad == 0 { return .whole }
        let working: Set<ShardPhase> = [.starting, .running, .uploading, .locked]
        return shards.indices.contains { working.contains(phase($0)) } ? .working : .incomplete
    }

    struct Truth: Equatable {
        var whole = 0
        var empty = 0
        var absent = 0
        var bad = 0
        var missing = 0
        var rows: Int64 = 0
        var bytesIn: Int64 = 0
        var bytesOut: Int64 = 0
    }

    /// The files of a type, or of all, as they are.
    func truth(_ type: DataType?) -> Truth {
        var truth = Truth()
        for shard in shards {
            for (object, file) in shard.files where type == nil || object.dataType == type {
                switch file {
                case .missing: truth.missing += 1
                case .notToBeHad: if isSettled(shard, object, file) { truth.absent += 1 } else { truth.missing += 1 }
                case .replaced: truth.bad += 1
                case .there(let rows, let source, let bytes):
                    truth.whole += 1
                    truth.empty += rows == 0 ? 1 : 0
                    truth.rows += rows
                    truth.bytesIn += source
                    truth.bytesOut += Int64(bytes)
                }
            }
        }
        return truth
    }
}

/// Times as Compute Engine writes them.
enum CivilTimeText {
    static func rfc3339(_ microseconds: Int64) -> String {
        let day = CalendarDate(epochMicroseconds: microseconds)
        let seconds = (microseconds - day.startMicroseconds) / 1_000_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day)T\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60)).000Z"
    }
}
