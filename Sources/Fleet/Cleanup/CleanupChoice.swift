import GoogleCloud

/// What is to become of each VM of a clean-up's scope.
struct CleanupChoice: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        let member: ManagedVM
        /// Why it must not go without an explicit word: what it still has to do; nil when it may go.
        let atWork: String?
    }

    /// The VMs, in the scope's order.
    let items: [Item]

    /// Chooses among all VMs of a project. `work` is asked for VMs that run only: one that stands still does nothing more by
    /// itself, and what it finished is in the bucket.
    init(_ members: [ManagedVM], atWork: (ManagedVM) -> String?) {
        items = members.map { member in
            guard Self.mayWork(member.vm) else { return Item(member: member, atWork: nil) }
            return Item(member: member, atWork: atWork(member))
        }
    }

    /// Whether the VM runs, or would go on where it was.
    static func mayWork(_ vm: ComputeInstance) -> Bool {
        switch vm.status {
        case .suspending, .suspended: true
        default: vm.status.isAlive
        }
    }

    var free: [Item] { items.filter { $0.atWork == nil } }
    var busy: [Item] { items.filter { $0.atWork != nil } }
}
