import Console

/// What follows from one look at the fleet.
struct WaitStep: Sendable, Equatable {
    /// What to do about each shard.
    let todo: Reconciliation
    /// What to make now, or once the VMs to be replaced are gone.
    let creations: [Creation]
    /// What has happened since the last look, a sentence each.
    let news: [String]
    /// The end; nil while there is something to wait for.
    let verdict: WaitVerdict?
}

enum WaitVerdict: Sendable, Equatable {
    /// Every shard is finished.
    case finished
    /// Some shards were given up; everything else is finished.
    case incomplete([GivenUp])
    /// VMs cannot be made for a reason that waiting does not change.
    case failed(LaunchReport)

    /// A shard that was given up.
    struct GivenUp: Sendable, Equatable {
        let shard: Int
        let name: String
        let reason: String
    }

    var status: ExitStatus {
        switch self {
        case .finished: .done
        case .incomplete: .incomplete
        case .failed(let report): report.status
        }
    }
}
