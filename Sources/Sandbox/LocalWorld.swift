/// All stand-ins together, each on a port of its own, for `tick-sandbox` and for tests.
public final class LocalWorld: Sendable {
    /// What is started; the defaults suit a test.
    public struct Options: Sendable {
        /// Port of Tardis; 0 takes a free one.
        public var tardisPort: UInt16 = 0
        /// Port of Cloud Storage over http.
        public var storagePort: UInt16 = 0
        /// Port of Cloud Storage over https.
        public var storageTLSPort: UInt16 = 0
        /// Directory for buckets and objects.
        public var store: String
        /// Buckets to make.
        public var buckets: [String] = []
        /// Bearer token that Cloud Storage asks for; nil for none.
        public var requireToken: String?
        /// What Tardis serves.
        public var tardis: TardisService.Configuration
        /// File for the record of requests; nil keeps it in memory only.
        public var record: String?

        /// Options with these two and defaults for the rest.
        public init(store: String, tardis: TardisService.Configuration) {
            self.store = store
            self.tardis = tardis
        }
    }

    /// Every request to every stand-in.
    public let recorder: Recorder
    /// The faults of all stand-ins; rules can be added at any time.
    public let faults = FaultInjector()
    /// Cloud Storage's state.
    public let storage: StorageService
    /// Tardis over http.
    public let tardisServer: SandboxServer
    /// The storage behind Tardis.
    public let wasabiServer: SandboxServer
    /// Cloud Storage over http.
    public let storageServer: SandboxServer
    /// Cloud Storage over https, for gsutil.
    public let storageTLSServer: SandboxServer
    /// PEM text of the https side's certificate.
    public let certificatePEM: String

    /// Starts everything; when it returns, all ports listen.
    public init(_ options: Options) throws {
        recorder = try options.record.map(Recorder.init(file:)) ?? Recorder()
        storage = try StorageService(directory: options.store, requireToken: options.requireToken)
        for bucket in options.buckets { try storage.createBucket(bucket) }
        let wasabi = WasabiService()
        let tardis = try TardisService(options.tardis, wasabi: wasabi)
        let identity = try TLSIdentity()
        certificatePEM = identity.certificatePEM
        let (recorder, faults) = (recorder, faults)
        func serve(_ service: any SandboxService, _ port: UInt16, _ identity: TLSIdentity? = nil) throws
            -> SandboxServer
        {
            try SandboxServer(service: service, port: port, recorder: recorder, faults: faults, identity: identity)
        }
        wasabiServer = try serve(wasabi, 0)
        wasabi.setBase(wasabiServer.url)
        tardisServer = try serve(tardis, options.tardisPort)
        storageServer = try serve(storage, options.storagePort)
        storageTLSServer = try serve(storage, options.storageTLSPort, identity)
    }

    /// Stops all servers and waits for their threads.
    public func stop() {
        for server in [tardisServer, wasabiServer, storageServer, storageTLSServer] { server.stop() }
    }
}
