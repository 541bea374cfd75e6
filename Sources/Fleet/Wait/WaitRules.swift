/// When `--wait` loses patience.
struct WaitRules: Sendable, Equatable {
    /// So many attempts of a shard may fail for reasons of its own.
    var attempts = 3
    /// Whether VMs stay when their work is over, so that a failed one is there to be looked at.
    var keepsVMs = false
    /// The pause before VMs are made that no zone had room for; doubled each time, up to `longestPause`.
    var launchPause: Duration = .seconds(60)
    var longestPause: Duration = .seconds(300)

    init() {}
}
