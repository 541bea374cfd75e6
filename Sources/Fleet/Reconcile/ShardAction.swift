public import GoogleCloud

/// What is to be done about one shard.
public struct ShardAction: Sendable, Equatable {
    /// What.
    public enum Verdict: Sendable, Equatable {
        /// Nothing: its files are there. A VM of it may still stand.
        case finished
        /// Nothing: its VM works.
        case leave(ComputeInstance)
        /// Nothing: several VMs of the name work in several zones, which harms nothing but the bill.
        case leaveAll([ComputeInstance])
        /// Wait until its VM is gone, then look again.
        case waitGone(ComputeInstance)
        /// Start its VM, which stands still; where there is no room for it, delete it and make it anew elsewhere.
        case start(ComputeInstance)
        /// Delete its VM and make it anew.
        case replace(ComputeInstance)
        /// Make its VM.
        case create
        /// Nothing: its name belongs to VMs that are not this run's.
        case conflict([ComputeInstance])
        /// Nothing any more, for this reason.
        case giveUp(String)
    }

    /// The shard.
    public let shard: Int
    /// The name of its VM.
    public let name: String
    /// What.
    public let verdict: Verdict

    /// An action.
    public init(shard: Int, name: String, verdict: Verdict) {
        self.shard = shard
        self.name = name
        self.verdict = verdict
    }

    /// Whether it changes anything in the project.
    public var isMutating: Bool {
        switch verdict {
        case .start, .replace, .create: true
        case .finished, .leave, .leaveAll, .waitGone, .conflict, .giveUp: false
        }
    }
}
