import Common
import GoogleCloud
import Tardis
import Transport

/// The services that a fleet is made with, and the clock and chance of the tool.
struct FleetServices: Sendable {
    let compute: ComputeClient
    let projects: ResourceManagerClient
    let serviceUsage: ServiceUsageClient
    let secrets: SecretManagerClient
    let accounts: ServiceAccountsClient
    /// As whom the services are asked, where it is known: a service account's address.
    let identity: String?
    let images: ArtifactRegistryClient
    let store: any ObjectStore
    /// What the bucket holds of dates.
    let reader: DateReader
    let plans: PlanStore
    /// Tardis, asked with a key or without one.
    let tardis: @Sendable (Secret?) -> TardisClient
    let clock: ToolClock

    init(
        api: GoogleAPI,
        project: String,
        store: any ObjectStore,
        tardis: @escaping @Sendable (Secret?) -> TardisClient,
        clock: ToolClock,
        now: (@Sendable () -> Int64)? = nil,
        identity: String? = nil
    ) {
        self.identity = identity
        accounts = ServiceAccountsClient(api: api)
        compute = ComputeClient(api, project: project)
        projects = ResourceManagerClient(api: api)
        serviceUsage = ServiceUsageClient(api: api)
        secrets = SecretManagerClient(api: api)
        images = ArtifactRegistryClient(api: api)
        self.store = store
        reader = DateReader(store)
        plans = PlanStore(store)
        self.tardis = tardis
        self.clock = clock
        self.now = now ?? clock.epochMicroseconds
    }

    /// Microseconds since 1970, by the services' clocks.
    let now: @Sendable () -> Int64

    /// A name for one change, new each time.
    func requestID() -> RequestID { RequestID(random: clock.random) }
}
