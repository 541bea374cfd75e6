import Common
import Tardis
import Transport

/// The connections to Google and Tardis that a run of the tool has.
struct OrchestrateConnections: Sendable {
    let google: GoogleConnection
    private let tool: ToolRun

    init(_ tool: ToolRun, _ google: GoogleConnection) {
        self.tool = tool
        self.google = google
    }

    /// Tardis, asked with the key.
    func tardis(_ url: String, key: Secret?) -> TardisClient {
        var options = TardisClient.Options()
        options.apiURL = url
        options.key = key
        return TardisClient(
            options: options,
            transport: google.transport,
            clock: tool.context.clock,
            onWait: { tool.noteWait($0, $1) }
        )
    }

    /// All that a fleet of VMs is made with.
    func services(_ spec: LaunchSpec, tardisURL: String) throws -> FleetServices {
        FleetServices(
            api: google.api,
            project: spec.project,
            store: try google.store(spec.bucket),
            tardis: { tardis(tardisURL, key: $0) },
            clock: tool.context.clock,
            now: google.clock.epochMicroseconds,
            identity: google.identity
        )
    }
}
