public import Common
public import GoogleCloud
public import Tardis
public import Transport

/// The services that a fleet is made with, and the clock and chance of the tool.
public struct FleetWorld: Sendable {
    /// Compute Engine in the project.
    public let compute: ComputeClient
    /// Resource Manager.
    public let projects: ResourceManagerClient
    /// Service Usage.
    public let services: ServiceUsageClient
    /// Secret Manager.
    public let secrets: SecretManagerClient
    /// IAM.
    public let accounts: ServiceAccountsClient
    /// As whom the services are asked, where it is known: a service account's address.
    public let identity: String?
    /// Artifact Registry.
    public let images: ArtifactRegistryClient
    /// The bucket.
    public let store: any ObjectStore
    /// What the bucket holds of dates.
    let reader: DateReader
    /// The plans in the bucket.
    let plans: PlanStore
    /// Tardis, asked with a key or without one.
    public let tardis: @Sendable (Secret?) -> TardisClient
    /// The time.
    public let clock: ToolClock
    /// The next random number.
    public let random: @Sendable () -> UInt64

    /// A world of one project and bucket.
    public init(
        api: GoogleAPI,
        project: String,
        store: any ObjectStore,
        tardis: @escaping @Sendable (Secret?) -> TardisClient,
        clock: ToolClock,
        now: (@Sendable () -> Int64)? = nil,
        random: @escaping @Sendable () -> UInt64,
        identity: String? = nil
    ) {
        self.identity = identity
        accounts = ServiceAccountsClient(api: api)
        compute = ComputeClient(api, project: project)
        projects = ResourceManagerClient(api: api)
        services = ServiceUsageClient(api: api)
        secrets = SecretManagerClient(api: api)
        images = ArtifactRegistryClient(api: api)
        self.store = store
        reader = DateReader(store)
        plans = PlanStore(store)
        self.tardis = tardis
        self.clock = clock
        self.now = now ?? clock.epochMicroseconds
        self.random = random
    }

    /// Microseconds since 1970, by the services' clocks.
    let now: @Sendable () -> Int64

    /// A name for one change, new each time.
    func requestID() -> RequestID { RequestID(random: random) }
}
