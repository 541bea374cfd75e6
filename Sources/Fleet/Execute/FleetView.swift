import Common
import GoogleCloud

/// What is there of a run at one moment, and what follows from it.
public struct FleetView: Sendable {
    /// What was read.
    public let snapshot: FleetSnapshot
    /// The plan that VMs read, and what has to be written for it.
    public let plans: PlanChoice
    /// What is there, by shard.
    public let state: FleetState
    /// What has to be done.
    public let todo: Reconciliation
    /// VMs of other runs that bring the same dates; nil when there are none.
    public let conflict: RunConflict?

    /// Draws conclusions from a snapshot. Throws `StorageError`, and `UsageError` for a plan that cannot be read.
    static func of(_ order: FleetOrder, _ world: FleetWorld, _ snapshot: FleetSnapshot) async throws -> FleetView {
        let plans = try await FleetPlans(store: world.store, run: order.run)
            .choose(snapshot, now: world.clock.epochMicroseconds())
        let offset = ShardOffset.choose(
            order.run,
            prefix: order.prefix,
            vms: snapshot.vms,
            heartbeats: snapshot.heartbeats
        )
        return try await of(order, world, snapshot, plans: plans, offset: offset)
    }

    /// The same where plan and numbers are settled already.
    static func of(
        _ order: FleetOrder,
        _ world: FleetWorld,
        _ snapshot: FleetSnapshot,
        plans: PlanChoice,
        offset: Int,
        cannotStart: Set<String> = []
    ) async throws -> FleetView {
        var state = order.state(snapshot, plan: plans.planName, offset: offset)
        let worth = state.heartbeatsWorthReading
        if !worth.isEmpty {
            var read = snapshot
            read.heartbeats = try await whole(snapshot.heartbeats, worth, world.store)
            state = order.state(read, plan: plans.planName, offset: offset)
        }
        return FleetView(
            snapshot: snapshot,
            plans: plans,
            state: state,
            todo: Reconciler.reconcile(state, range: order.shards, cannotStart: cannotStart),
            conflict: RunConflict(order.run, prefix: order.prefix, vms: snapshot.vms)
        )
    }

    /// The heartbeats, those of the names with all that their documents say.
    static func whole(
        _ beats: [FleetHeartbeat],
        _ names: [String],
        _ store: any ObjectStore
    ) async throws -> [FleetHeartbeat] {
        let wanted = Set(names)
        return try await withThrowingTaskGroup(of: FleetHeartbeat.self) { group in
            for beat in beats {
                group.addTask {
                    let name = ObjectLayout.name(.shard(beat.date, vm: beat.state.vm))
                    guard wanted.contains(name), let bytes = try? await store.get(name, range: nil),
                        let state = try? ShardState(decoding: bytes)
                    else { return beat }
                    return FleetHeartbeat(date: beat.date, state: state)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

extension FleetOrder {
    /// What VMs are told.
    func metadata(plan: String, offset: Int, key: VMSettings.Key) -> [String: String] {
        run.metadata(
            VMSettings(
                offset: offset,
                planName: plan,
                bucket: bucket,
                image: image,
                key: key,
                keepsVM: machine.isKept,
                startupScript: startupScript,
                shutdownScript: shutdownScript
            )
        )
    }

    fileprivate func state(_ snapshot: FleetSnapshot, plan: String, offset: Int) -> FleetState {
        FleetState(
            run,
            prefix: prefix,
            offset: offset,
            expected: metadata(plan: plan, offset: offset, key: .none),
            objects: snapshot.objects,
            heartbeats: snapshot.heartbeats,
            vms: snapshot.vms
        )
    }
}
