import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing

/// A small cloud in memory: zones with room, a quota, VMs that boot, work, fail and are preempted.
private struct World {
    let run: FleetRun
    let zones: [String]
    var random: SplitMix
    var vms: [ComputeInstance] = []
    var objects: [ObjectInfo] = []
    var beats: [String: Heartbeat] = [:]
    var room: [String: Int]
    var serial = 0
    /// Names of VMs that were downloaded for a second time.
    var touched: [String] = []

    init(_ run: FleetRun, zones: [String], seed: UInt64) {
        self.run = run
        self.zones = zones
        random = SplitMix(state: seed)
        room = Dictionary(uniqueKeysWithValues: zones.map { ($0, run.shards) })
    }

    /// A second goes by with each thing that happens.
    var now: Int64 { soonAfter + Int64(serial) * 1_000_000 }

    var state: FleetState {
        fleetState(run, objects: objects, heartbeats: Array(beats.values), vms: vms, now: now)
    }

    /// Time passes: VMs bring one object each, finish and end, and some are preempted.
    mutating func pass(preempting share: Double) {
        for index in vms.indices.reversed() where ManagedVM(vms[index], prefix: prefix)?.run == run.id {
            switch vms[index].status {
            case .stopping:
                room[vms[index].zone, default: 0] += 1
                vms.remove(at: index)
            case .provisioning: vms[index].status = .running
            case .running:
                if random.chance(share) {
                    vms[index].status = random.chance(0.3) ? .terminated : .stopping
                } else {
                    work(index)
                }
            default: break
            }
        }
    }

    private mutating func work(_ index: Int) {
        guard let shard = ManagedVM(vms[index], prefix: prefix)?.shard else { return }
        let day = run.dates[0]
        let there = Set(objects.map(\.name))
        let missing = run.plan(for: day, created: 0).objects(ofShard: shard).filter { !there.contains($0.name) }
        if let next = missing.first { objects.append(whole(next)) }
        serial += 1
        let isDone = missing.count <= 1
        let said = beat(run, day, shard: shard, phase: isDone ? .done : .running, updated: now) {
            $0.figures.done = $0.figures.total - max(0, missing.count - 1)
        }
        beats["\(shard)"] = said
        if isDone { vms[index].status = .stopping }
    }

    /// Carries out what was decided, as an honest executor would.
    mutating func carryOut(_ todo: Reconciliation, _ creations: [Creation]) {
        for vm in todo.starts {
            guard let index = vms.firstIndex(of: vm) else { continue }
            vms[index].status = .provisioning
            serial += 1
            vms[index].started = CivilTimeText.rfc3339(now)
        }
        for vm in todo.replacements {
            touched.append(vm.name)
            vms.removeAll { $0.name == vm.name && $0.zone == vm.zone }
            room[vm.zone, default: 0] += 1
        }
        for creation in creations {
            for name in creation.names {
                guard let zone = creation.zones.first(where: { room[$0, default: 0] > 0 }) else { continue }
                room[zone, default: 0] -= 1
                serial += 1
                var new = vm(run, FleetNames.number(of: name, prefix: prefix) ?? 0, zone: zone)
                (new.status, new.created) = (.provisioning, CivilTimeText.rfc3339(now))
                vms.append(new)
            }
        }
    }
}

@Suite struct FleetPropertyTests {
    static let seeds = (0..<60).map { UInt64($0) &* 7_919 &+ 17 }

    /// Any collection of VMs, objects and heartbeats.
    private func anyState(_ run: FleetRun, _ random: inout SplitMix) -> FleetState {
        var vms: [ComputeInstance] = []
        for number in 0..<run.shards {
            for zone in ["z-a", "z-b"] where random.chance(0.4) {
                var new = vm(run, number, status: .unknown, zone: zone)
                new.status = ComputeInstance.Status.allCases.randomElement(using: &random) ?? .running
                if random.chance(0.2) { new.labels = ["tick-run": "other", "tick-kit": "0-1-0"] }
                if random.chance(0.1) { new.labels = [:] }
                vms.append(new)
            }
        }
        let plan = run.plan(for: run.dates[0], created: 0).objects
        let infos = plan.compactMap { random.chance(0.7) ? whole($0) : nil }
        let beats = (0..<run.shards).compactMap { shard -> Heartbeat? in
            guard random.chance(0.7) else { return nil }
            let phase = ShardPhase.allCases.filter { $0 != .lost }.randomElement(using: &random) ?? .running
            return beat(run, run.dates[0], shard: shard, phase: phase) {
                $0.figures.absent = Int.random(in: 0...3, using: &random)
                $0.figures.done = $0.figures.total - $0.figures.absent
            }
        }
        return fleetState(run, objects: infos, beats: beats, vms: vms)
    }

    @Test(arguments: seeds) func actionsTouchNothingHealthyAndNothingForeign(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let run = try fleetRun(Int.random(in: 1...12, using: &random))
        let state = anyState(run, &random)
        let result = Reconciler.reconcile(state)
        #expect(result.actions.map(\.shard) == Array(0..<run.shards), "seed \(seed)")
        for vm in result.starts + result.replacements {
            #expect(!vm.status.isAlive, "seed \(seed): \(vm.name) is alive")
            #expect(ManagedVM(vm, prefix: prefix)?.run == run.id, "seed \(seed): \(vm.name) is foreign")
        }
        let made = result.creations(zones: ["z-a", "z-b"]).flatMap(\.names)
        #expect(Set(made).count == made.count, "seed \(seed)")
        for status in state.shards where made.contains(status.name) {
            #expect(!status.vm.isAlive && !status.isFinished, "seed \(seed): \(status.name)")
        }
        for (status, action) in zip(state.shards, result.actions) where status.isFinished || status.vm.isAlive {
            #expect(!action.isMutating, "seed \(seed): \(status.name)")
        }
    }

    @Test(arguments: seeds) func waitingAlwaysEndsWithEverythingThere(seed: UInt64) throws {
        let run = try fleetRun(8)
        let zones = ["z-a", "z-b", "z-c"]
        var world = World(run, zones: zones, seed: seed)
        let stranger = ComputeInstance(name: "tick-data-vm-77", zone: "z-a", status: .running)
        world.vms = [stranger]
        var machine = WaitMachine(zones: zones)
        var rounds = 0
        var verdict: WaitVerdict?
        while verdict == nil, rounds < 400 {
            rounds += 1
            let state = world.state
            let step = machine.observe(state, now: .seconds(rounds * 10))
            verdict = step.verdict
            let alive = Set(world.vms.filter(\.status.isAlive).map(\.created))
            world.carryOut(step.todo, step.creations)
            #expect(alive.isSubset(of: Set(world.vms.map(\.created))), "seed \(seed): a healthy VM is gone")
            for creation in step.creations {
                let names = creation.names
                #expect(Set(world.vms.map(\.name)).isSuperset(of: names), "seed \(seed): there is room")
            }
            world.pass(preempting: rounds < 60 ? 0.2 : 0)
        }
        #expect(verdict == .finished, "seed \(seed) after \(rounds) rounds")
        #expect(world.objects.count == 24, "seed \(seed): no object was brought twice")
        #expect(world.vms.contains(stranger), "seed \(seed)")
        let last = Reconciler.reconcile(world.state)
        #expect(last.actions.allSatisfy { !$0.isMutating }, "seed \(seed)")
    }

    @Test(arguments: seeds) func aReplacementGoesToAnotherZone(seed: UInt64) throws {
        let run = try fleetRun(4)
        let zones = ["z-a", "z-b"]
        var random = SplitMix(state: seed)
        var machine = WaitMachine(zones: zones)
        let placed = (0..<4).map { _ in zones.randomElement(using: &random) ?? "z-a" }
        let vms = placed.enumerated().map { vm(run, $0.offset, zone: $0.element) }
        _ = machine.observe(fleetState(run, vms: vms), now: .zero)
        let left = vms.filter { _ in random.chance(0.5) }
        let step = machine.observe(fleetState(run, vms: left), now: .seconds(10))
        for creation in step.creations {
            for name in creation.names {
                let before = vms.first { $0.name == name }?.zone
                #expect(creation.zones.first != before, "seed \(seed): \(name)")
            }
        }
        #expect(step.creations.flatMap(\.names).count == 4 - left.count, "seed \(seed)")
    }

    /// A cloud that answers anything, now and then honestly.
    @Test(arguments: seeds) func aLaunchAlwaysEndsAndItsReportAddsUp(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let names = (0..<Int.random(in: 1...1_300, using: &random)).map { "tick-data-vm-\($0)" }
        let zones = ["r1-a", "r1-b", "r2-a"].filter { _ in random.chance(0.8) }
        var machine = LaunchMachine(.init(names: names, zones: zones, run: "run", shape: shape()))
        var up: [String: ComputeInstance] = [:]
        let codes = [
            "ZONE_RESOURCE_POOL_EXHAUSTED", "ZONE_RESOURCE_POOL_EXHAUSTED", "QUOTA_EXCEEDED", "UNSUPPORTED_OPERATION",
            "RESOURCE_NOT_FOUND", "RESOURCE_OPERATION_RATE_EXCEEDED", "NEW_CODE", "RESOURCE_ALREADY_EXISTS",
        ]
        let kinds: [GoogleAPIError.Kind] = [.transport, .server(503), .rateLimited, .alreadyExists, .quota]
        var action = machine.start()
        var carriedOut: Set<Int> = []
        var steps = 0
        var report: LaunchReport?
        while report == nil, steps < 3_000 {
            steps += 1
            switch action {
            case .bulkInsert(let request):
                #expect(Set(request.names).count == request.names.count, "seed \(seed)")
                #expect(request.names.allSatisfy { up[$0] == nil || up[$0]?.zone == request.zone }, "seed \(seed)")
                #expect((1...request.names.count).contains(request.minimum), "seed \(seed)")
                #expect(request.names.count <= 1_000, "seed \(seed)")
                if carriedOut.contains(request.number) {
                    // Recognised by its id.
                    action = machine.handle(.finished)
                } else if random.chance(0.45) {
                    carriedOut.insert(request.number)
                    let isAll = request.minimum == request.names.count
                    let count = isAll ? request.names.count : Int.random(in: 1...request.names.count, using: &random)
                    for name in request.names.prefix(count) {
                        up[name] = ComputeInstance(
                            name: name,
                            zone: request.zone,
                            status: .running,
                            labels: ["tick-run": "run", "tick-kit": "0-1-0"]
                        )
                    }
                    // The answer may be lost.
                    action = machine.handle(
                        random.chance(0.1)
                            ? .refused(GoogleAPIError(.transport, operation: "create", detail: "lost")) : .finished
                    )
                } else if random.chance(0.3) {
                    let kind = kinds.randomElement(using: &random) ?? .transport
                    action = machine.handle(.refused(GoogleAPIError(kind, operation: "create", detail: "no")))
                } else {
                    let code = codes.randomElement(using: &random) ?? "X"
                    action = machine.handle(
                        .failed([.init(code: code, message: "no", zonesAvailable: ["r1-b"])], httpStatus: nil)
                    )
                }
            case .wait: action = machine.handle(.waited)
            case .list: action = machine.handle(.listed(Array(up.values)))
            case .readQuotas:
                let quota = ComputeQuota(
                    metric: "CPUS",
                    limit: Double(Int.random(in: 0...500, using: &random)),
                    usage: 0
                )
                action = machine.handle(.quotas(region: [quota], project: []))
            case .done(let end), .fail(let end): report = end
            }
        }
        let end = try #require(report, "seed \(seed): it does not end")
        let known = (Array(end.created.values) + end.existing.values).flatMap { $0 }
        #expect((known + end.missing).sorted() == names.sorted(), "seed \(seed)")
        #expect(end.missing.isEmpty == (end.status == .done), "seed \(seed)")
        #expect(end.missing.isEmpty || (end.reason != nil && end.remedy != nil), "seed \(seed)")
        // What it calls made is there.
        #expect(known.allSatisfy { up[$0] != nil }, "seed \(seed)")
    }
}
