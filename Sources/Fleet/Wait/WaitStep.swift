public import Console

/// What follows from one look at the fleet.
public struct WaitStep: Sendable, Equatable {
    /// What to do about each shard.
    public let todo: Reconciliation
    /// What to make now, or once the VMs to be replaced are gone.
    public let creations: [Creation]
    /// What has happened since the last look, a sentence each.
    public let news: [String]
    /// The end; nil while there is something to wait for.
    public let verdict: WaitVerdict?
}

/// How waiting ends.
public enum WaitVerdict: Sendable, Equatable {
    /// Every shard is finished.
    case finished
    /// Some shards were given up; everything else is finished.
    case incomplete([GivenUp])
    /// VMs cannot be made for a reason that waiting does not change.
    case failed(LaunchReport)

    /// A shard that was given up.
    public struct GivenUp: Sendable, Equatable {
        /// The shard.
        public let shard: Int
        /// The name of its VM.
        public let name: String
        /// Why.
        public let reason: String

        /// A shard, for tests.
        public init(shard: Int, name: String, reason: String) {
            self.shard = shard
            self.name = name
            self.reason = reason
        }
    }

    /// How the tool ends.
    public var status: ExitStatus {
        switch self {
        case .finished: .done
        case .incomplete: .incomplete
        case .failed(let report): report.status
        }
    }
}
