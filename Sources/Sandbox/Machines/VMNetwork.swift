/// What one running VM reaches by ports of its own: its metadata server, and Tardis, so that its downloads can be told from others'.
final class VMNetwork: Sendable {
    /// Where its programs find it all.
    let environment: [String: String]
    private let servers: [SandboxServer]
    private let forget: @Sendable () -> Void

    init(
        _ record: BootRecord,
        _ metadata: MetadataService,
        _ host: ProcessVMHost,
        _ configuration: ProcessVMHost.Configuration
    ) throws {
        let metadataServer = try SandboxServer(
            service: metadata,
            recorder: host.recorder,
            faults: host.faults,
            client: record.name
        )
        let address = "127.0.0.1:\(metadataServer.port)"
        var environment = ["GCE_METADATA_HOST": address, "GCE_METADATA_IP": address]
        guard let (tardis, wasabi) = configuration.tardis else {
            self.environment = environment
            servers = [metadataServer]
            forget = {}
            return
        }
        let onSent = configuration.onDownload.map { onDownload in
            { @Sendable [name = record.name] (bytes: Int) in onDownload(name, bytes) }
        }
        let serve = { (service: any SandboxService) in
            try SandboxServer(
                service: service,
                recorder: host.recorder,
                faults: host.faults,
                client: record.name,
                onSent: onSent
            )
        }
        let (tardisServer, wasabiServer) = (try serve(tardis), try serve(wasabi))
        let base = tardisServer.url
        wasabi.setBase(wasabiServer.url, forThoseAt: base)
        forget = { wasabi.setBase(nil, forThoseAt: base) }
        environment["TARDIS_BASE_URL"] = base
        environment["TARDIS_API_URL"] = "\(base)/v1"
        self.environment = environment
        servers = [metadataServer, tardisServer, wasabiServer]
    }

    /// Closes the ports, and waits until the requests to them have ended.
    func stop() {
        forget()
        for server in servers { server.stop() }
    }
}
