public import Common
public import GoogleCloud

/// What was read of one date at one moment.
public struct DateSnapshot: Sendable {
    /// One plan of the date.
    public struct NamedPlan: Sendable, Equatable {
        /// The name within `_runs/DATE/`.
        public let name: String
        /// What it asks for.
        public let plan: Plan
        /// Whether nobody wrote it: it is what the registry says, for a date that has none.
        public let isAssumed: Bool

        /// A plan.
        public init(name: String, plan: Plan, isAssumed: Bool = false) {
            self.name = name
            self.plan = plan
            self.isAssumed = isAssumed
        }
    }

    /// The date.
    public var date: CalendarDate
    /// The project's VMs; nil when they could not be listed.
    public var vms: [ComputeInstance]?
    /// The plans, the standard one first.
    public var plans: [NamedPlan]
    /// What VMs say.
    public var heartbeats: [FleetHeartbeat]
    /// The data objects.
    public var objects: [ObjectInfo]
    /// What could not be read and why, one sentence each.
    public var notes: [String]
    /// Records of the date that are damaged, one sentence each.
    public var damages: [String]

    /// What was read.
    public init(
        date: CalendarDate,
        vms: [ComputeInstance]?,
        plans: [NamedPlan],
        heartbeats: [FleetHeartbeat],
        objects: [ObjectInfo],
        notes: [String] = [],
        damages: [String] = []
    ) {
        self.date = date
        self.vms = vms
        self.plans = plans
        self.heartbeats = heartbeats
        self.objects = objects
        self.notes = notes
        self.damages = damages
    }
}
