import Common
import FleetModel

/// What a launch sees at one moment: the snapshot, and what follows from it.
struct FleetView: Sendable {
    let snapshot: FleetSnapshot
    let plans: PlanChoice
    let state: FleetState
    let todo: Reconciliation
    /// VMs of other runs that work on the same dates.
    let conflict: RunConflict?

    /// The first look, which decides about plan and numbers.
    static func of(_ order: FleetOrder, _ services: FleetWorld, _ snapshot: FleetSnapshot) throws -> FleetView {
        let plans = try services.plans.choose(
            order.run.plans(created: services.now()),
            among: snapshot.dates
        )
        let offset = ShardOffset.choose(
            order.run,
            prefix: order.prefix,
            vms: snapshot.vms,
            heartbeats: snapshot.heartbeats
        )
        return of(order, services, snapshot, plans: plans, offset: offset)
    }

    /// A later look, of the same plan and numbers.
    static func of(
        _ order: FleetOrder,
        _ services: FleetWorld,
        _ snapshot: FleetSnapshot,
        plans: PlanChoice,
        offset: Int,
        cannotStart: Set<String> = []
    ) -> FleetView {
        let state = FleetState(
            order.run,
            plan: plans.name,
            prefix: order.prefix,
            offset: offset,
            expected: order.metadata(plan: plans.name, offset: offset, key: .none),
            snapshot: snapshot,
            rules: order.liveness,
            now: services.now()
        )
        return FleetView(
            snapshot: snapshot,
            plans: plans,
            state: state,
            todo: Reconciler.reconcile(state, range: order.shards, cannotStart: cannotStart),
            conflict: RunConflict(order.run, prefix: order.prefix, bucket: order.bucket, vms: snapshot.vms)
        )
    }
}

extension FleetOrder {
    func metadata(plan: PlanName, offset: Int, key: VMSettings.Key) -> [String: String] {
        run.metadata(
            VMSettings(
                offset: offset,
                plan: plan,
                bucket: bucket,
                image: image,
                key: key,
                keepsVM: machine.isKept,
                startupScript: startupScript,
                shutdownScript: shutdownScript
            )
        )
    }
}
