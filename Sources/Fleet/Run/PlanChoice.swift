public import Common

/// Which plan a run's VMs read, and which plans have to be written before they do.
public struct PlanChoice: Sendable, Equatable {
    /// One plan to be written.
    public struct Write: Sendable, Equatable {
        /// The object's name.
        public let object: String
        /// What to write.
        public let plan: Plan
        /// Whether it replaces one that asks for less; otherwise nothing may stand under the name.
        public let replaces: Bool

        /// A write, for tests.
        public init(object: String, plan: Plan, replaces: Bool) {
            self.object = object
            self.plan = plan
            self.replaces = replaces
        }
    }

    /// The plan's name within `_runs/DATE/`, the same for all dates.
    public let planName: String
    /// What has to be written; empty when all is there.
    public let writes: [Write]

    /// The choice for a run. `standard` has the dates' `plan.json` as far as there are any, `own` the dates that have the plan of
    /// this very run already; `created` is the time now, in microseconds since 1970.
    ///
    /// A date's standard plan is made when missing and replaced by one that asks for more files, never by another division of
    /// the same files: VMs that stand still may have been told to read it.
    public init(_ run: FleetRun, standard: [CalendarDate: Plan], own: Set<CalendarDate>, created: Int64) {
        var writes: [Write] = []
        var isStandard = true
        for date in run.dates {
            let plan = run.plan(for: date, created: created)
            guard let old = standard[date] else {
                writes.append(Write(object: ObjectLayout.name(.plan(date)), plan: plan, replaces: false))
                continue
            }
            if old.asksForTheSame(as: plan) { continue }
            if Set(plan.objects).isStrictSuperset(of: old.objects) {
                writes.append(Write(object: ObjectLayout.name(.plan(date)), plan: plan, replaces: true))
            } else {
                isStandard = false
            }
        }
        if !isStandard {
            for date in run.dates where !own.contains(date) {
                let name = ObjectLayout.name(.plan(date, run: run.id))
                writes.append(Write(object: name, plan: run.plan(for: date, created: created), replaces: false))
            }
        }
        planName = ObjectLayout.planName(run: isStandard ? nil : run.id)
        self.writes = writes
    }
}
