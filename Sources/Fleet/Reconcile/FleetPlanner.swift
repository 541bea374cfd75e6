import Common
import FleetModel

/// Decides what a launch is to reach, and so what has to be done: which plan of the dates its VMs read, which numbers they have,
/// and what each shard needs.
struct FleetPlanner: Sendable {
    let spec: LaunchSpec
    let services: FleetServices

    /// Decides about plan and numbers at the first look. Throws where another plan or run is in the way.
    func plan(_ snapshot: FleetSnapshot) throws -> ReconcileContext {
        let plans = try services.plans.choose(spec.run.plans(created: services.now()), among: snapshot.dates)
        let offset = ShardOffset.choose(
            spec.run,
            prefix: spec.prefix,
            vms: snapshot.vms,
            heartbeats: snapshot.heartbeats
        )
        return plan(snapshot, plans: plans, offset: offset)
    }

    /// Decides at a later look, for the same plan and numbers.
    func plan(
        _ snapshot: FleetSnapshot,
        plans: PlanChoice,
        offset: Int,
        cannotStart: Set<String> = []
    ) -> ReconcileContext {
        let state = FleetState(
            spec.run,
            plan: plans.name,
            prefix: spec.prefix,
            offset: offset,
            expected: spec.metadata(plan: plans.name, offset: offset, key: .none),
            snapshot: snapshot,
            rules: spec.liveness,
            now: services.now()
        )
        return ReconcileContext(
            snapshot: snapshot,
            plans: plans,
            state: state,
            todo: Reconciler.reconcile(state, range: spec.shards, cannotStart: cannotStart),
            conflict: RunConflict(spec.run, prefix: spec.prefix, bucket: spec.bucket, vms: snapshot.vms)
        )
    }
}

extension LaunchSpec {
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
