import GoogleCloud

/// What is to be done about one shard.
struct ShardAction: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        /// Nothing: its files are there. A VM of it may still stand.
        case finished
        /// Nothing: its VM works.
        case leave(ComputeInstance)
        /// Nothing: several VMs of the name work in several zones, which harms nothing but the bill.
        case leaveAll([ComputeInstance])
        /// Wait until its VM is gone, then look again.
        case waitGone(ComputeInstance)
        /// Start its VM, which stands still; where there is no room for it, delete it and make it again elsewhere.
        case start(ComputeInstance)
        /// Delete its VM and make it again.
        case replace(ComputeInstance)
        case create
        /// Nothing: its name belongs to VMs that are not this run's.
        case conflict([ComputeInstance])
        /// Nothing any more, for this reason.
        case giveUp(String)
    }

    let shard: Int
    let name: String
    let verdict: Verdict

    /// Whether it changes anything in the project.
    var isMutating: Bool {
        switch verdict {
        case .start, .replace, .create: true
        case .finished, .leave, .leaveAll, .waitGone, .conflict, .giveUp: false
        }
    }
}
