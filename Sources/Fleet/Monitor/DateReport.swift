import FleetModel
import GoogleCloud

/// A date as the monitor shows it: its state, and the VMs as Compute Engine lists them.
@dynamicMemberLookup
struct DateReport: Sendable, Equatable {
    let state: DateState
    /// The kit's VMs that work on the date, by number; nil when VMs could not be listed.
    let members: [ManagedVM]?

    subscript<Value>(dynamicMember path: KeyPath<DateState, Value>) -> Value { state[keyPath: path] }

    /// Whether nothing is known of the date.
    var isUnknown: Bool {
        state.plans.allSatisfy(\.isAssumed) && state.total.whole == 0 && (members ?? []).isEmpty
    }

    /// How many VMs are in each state; states without VMs are left out. Nil when VMs could not be listed.
    var vmStates: [(status: ComputeInstance.Status, count: Int)]? {
        guard let members else { return nil }
        let counts = members.reduce(into: [:]) { $0[$1.vm.status, default: 0] += 1 }
        return ComputeInstance.Status.allCases.compactMap { status in counts[status].map { (status, $0) } }
    }
}
