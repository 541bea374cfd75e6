import FleetModel

/// What a launch sees at one moment: the snapshot, and what follows from it.
struct ReconcileContext: Sendable {
    let snapshot: FleetSnapshot
    let plans: PlanChoice
    let state: FleetState
    let todo: Reconciliation
    /// VMs of other runs that work on the same dates.
    let conflict: RunConflict?
}
