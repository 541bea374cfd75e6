/// Under which name the dates of a run have its plan, and what has to be written for that. A plan that is there is never replaced: VMs
/// were told to read it.
public struct PlanChoice: Sendable, Equatable {
    public let name: PlanName
    /// The plans to write; nothing may be under their names yet.
    public let missing: [Plan]

    /// The choice for the plans of one run, which differ in their dates only.
    ///
    /// - Parameter existing: the names that each date has, with the id of the plan that stands under each.
    public init(_ plans: [Plan], existing: [CalendarDate: [PlanName: PlanID]]) {
        let isStandard = plans.allSatisfy { plan in
            let there = existing[plan.date]?[.standard]
            return there == nil || there == plan.id
        }
        let name = isStandard ? PlanName.standard : PlanName(id: plans.first?.id)
        self.name = name
        missing = plans.filter { existing[$0.date]?[name] == nil }
    }
}
