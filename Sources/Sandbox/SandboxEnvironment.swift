/// All stand-ins together, each on a port of its own, for `tick-sandbox` and for tests.
public final class SandboxEnvironment: Sendable {
    /// The stand-ins that can be given a port.
    public enum Port: String, Sendable, CaseIterable {
        case tardis
        /// Cloud Storage over http.
        case storage = "gcs"
        /// Cloud Storage over https.
        case storageTLS = "gcs-https"
        case compute
        case resourceManager = "cloudresourcemanager"
        case serviceUsage = "serviceusage"
        case secretManager = "secretmanager"
        case artifactRegistry = "artifactregistry"
        case cloudBuild = "cloudbuild"
        case iam
        /// IAM's tokens for service accounts.
        case iamCredentials = "iamcredentials"
        /// A proxy that forwards nothing.
        case proxy
        case oauth
    }

    /// What is started; the defaults suit a test.
    public struct Options: Sendable {
        /// Ports; those that are not here take a free one.
        public var ports: [Port: UInt16] = [:]
        /// The project with its tokens and APIs.
        public var project = CloudProject()
        public var store: String
        public var buckets: [String] = []
        /// How those of them are set up that are not plain.
        public var bucketSettings: [String: BucketSettings] = [:]
        /// Whether the network `default` is there.
        public var hasDefaultNetwork = true
        /// Bearer token that Cloud Storage asks for; nil for none.
        public var requireToken: String?
        public var tardis: TardisService.Configuration
        /// How long the links live by which Tardis sends to its storage.
        public var linkLifetimeSeconds = 300
        /// Images, or repositories, in Artifact Registry.
        public var images: [ImageReference] = []
        /// File for the record of requests; nil keeps it in memory only.
        public var record: String?
        /// Milliseconds before each request is worked on.
        public var latencyMilliseconds = 0
        /// What goes wrong in Compute Engine.
        public var computeFaults: [ComputeFault] = []
        /// What VMs run, and where their home folders are.
        public var machines: ProcessVMHost.Configuration

        public init(store: String, tardis: TardisService.Configuration) {
            self.store = store
            self.tardis = tardis
            machines = ProcessVMHost.Configuration(directory: store + ".machines")
        }
    }

    public let recorder: Recorder
    /// The faults of all stand-ins; rules can be added at any time.
    public let faults: FaultInjector
    /// The project that Google's services share.
    public let project: CloudProject
    public let storage: StorageService
    public let compute: ComputeService
    public let resourceManager: ResourceManagerService
    public let serviceUsage: ServiceUsageService
    public let secretManager: SecretManagerService
    public let artifactRegistry: ArtifactRegistryService
    public let cloudBuild: CloudBuildService
    public let iam: IAMService
    public let oauth: OAuthService
    /// The processes that stand for VMs.
    public let machines: ProcessVMHost
    /// A user's token that never ends, as gcloud has one after its login, for clients that cannot use the key file.
    public let operatorToken: String
    public let tardisServer: SandboxServer
    public let wasabiServer: SandboxServer
    public let storageServer: SandboxServer
    /// Cloud Storage over https, for gsutil.
    public let storageTLSServer: SandboxServer
    public let computeServer: SandboxServer
    public let resourceManagerServer: SandboxServer
    public let serviceUsageServer: SandboxServer
    public let secretManagerServer: SandboxServer
    public let artifactRegistryServer: SandboxServer
    public let cloudBuildServer: SandboxServer
    public let iamServer: SandboxServer
    public let iamCredentialsServer: SandboxServer
    public let oauthServer: SandboxServer
    public let proxyServer: SandboxServer
    /// PEM text of the https side's certificate.
    public let certificatePEM: String
    private let buildTimer: ComputeTimer

    /// Starts everything; when it returns, all ports listen.
    public init(_ options: Options) throws {
        recorder = try options.record.map(Recorder.init(file:)) ?? Recorder()
        faults = FaultInjector(latencyMilliseconds: options.latencyMilliseconds)
        project = options.project
        storage = try StorageService(
            directory: options.store,
            requireToken: options.requireToken,
            project: options.project
        )
        for bucket in options.buckets {
            try storage.createBucket(bucket, options.bucketSettings[bucket] ?? BucketSettings())
        }
        let resourceManager = ResourceManagerService(project: options.project)
        self.resourceManager = resourceManager
        serviceUsage = ServiceUsageService(project: options.project)
        options.project.setProjectGrants { [weak resourceManager] in resourceManager?.grants($0, to: $1) == true }
        secretManager = SecretManagerService(project: options.project)
        artifactRegistry = ArtifactRegistryService(project: options.project)
        for image in options.images { try artifactRegistry.plant(image) }
        let buildTimer = ComputeTimer()
        self.buildTimer = buildTimer
        cloudBuild = CloudBuildService(project: options.project, storage: storage, registry: artifactRegistry) {
            buildTimer.after(milliseconds: $0, $1)
        }
        iam = IAMService(project: options.project)
        oauth = OAuthService(project: options.project)
        operatorToken = project.tokens.fixed(for: "owner@example.com")
        machines = ProcessVMHost(options.machines, tokens: project.tokens, recorder: recorder, faults: faults)
        let compute = Self.compute(options, machines)
        self.compute = compute
        let wasabi = WasabiService(linkLifetimeSeconds: options.linkLifetimeSeconds)
        var settings = options.tardis
        settings.address = { [weak compute] in compute?.externalAddress(ofVM: $0) ?? $0 }
        let tardis = try TardisService(settings, wasabi: wasabi)
        machines.configure { configuration in
            configuration.tardis = (tardis, wasabi)
            configuration.onDownload = { [weak compute] in compute?.noteTraffic(vm: $0, bytes: $1) }
        }
        let identity = try TLSIdentity()
        certificatePEM = identity.certificatePEM
        let (recorder, faults, cloud) = (recorder, faults, options.project)
        func serve(_ service: any SandboxService, _ port: Port?, _ identity: TLSIdentity? = nil) throws -> SandboxServer
        {
            let number = port.flatMap { options.ports[$0] } ?? 0
            return try SandboxServer(
                service: service,
                port: number,
                recorder: recorder,
                faults: faults,
                identity: identity,
                clockSkewSeconds: { cloud.clockSkewSeconds }
            )
        }
        wasabiServer = try serve(wasabi, nil)
        wasabi.setBase(wasabiServer.url)
        tardisServer = try serve(tardis, .tardis)
        storageServer = try serve(storage, .storage)
        storageTLSServer = try serve(storage, .storageTLS, identity)
        computeServer = try serve(compute, .compute)
        resourceManagerServer = try serve(resourceManager, .resourceManager)
        serviceUsageServer = try serve(serviceUsage, .serviceUsage)
        secretManagerServer = try serve(secretManager, .secretManager)
        artifactRegistryServer = try serve(artifactRegistry, .artifactRegistry)
        cloudBuildServer = try serve(cloudBuild, .cloudBuild)
        iamServer = try serve(iam, .iam)
        iamCredentialsServer = try serve(IAMCredentialsService(project: cloud, iam: iam), .iamCredentials)
        oauthServer = try serve(oauth, .oauth)
        proxyServer = try serve(ProxyService(), .proxy)
    }

    private static func compute(_ options: Options, _ host: ProcessVMHost) -> ComputeService {
        var settings = ComputeOptions(cloud: options.project)
        settings.host = host
        settings.hasDefaultNetwork = options.hasDefaultNetwork
        settings.faults = options.computeFaults
        return ComputeService(settings)
    }

    /// Ends all VMs, stops all servers and waits for their threads.
    public func stop() {
        compute.stop()
        buildTimer.stop()
        machines.stop()
        let servers = [
            tardisServer, wasabiServer, storageServer, storageTLSServer, computeServer, resourceManagerServer,
            serviceUsageServer, secretManagerServer, artifactRegistryServer, cloudBuildServer, iamServer,
            iamCredentialsServer, oauthServer, proxyServer,
        ]
        for server in servers { server.stop() }
    }
}
