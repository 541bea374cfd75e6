/// After how long a worker that says nothing counts as lost. The same for every program.
public struct LivenessRules: Sendable, Equatable {
    /// Without a heartbeat, of which one comes each 10 seconds.
    public var silence: Duration = .seconds(300)
    /// After its start, without a first heartbeat: a VM installs Docker and loads the image before it.
    public var boot: Duration = .seconds(900)

    public init() {}
}
