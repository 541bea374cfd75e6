public import Common
import Console

/// The four programs of the fleet.
public enum FleetTools {
    public static let all = [setupIAM, orchestrate, monitor, cleanup]

    public static let setupIAM = Tool(SetupOptions.command) { run in
        let settings = try SetupSettings(run)
        return try await GoogleConnection.with(run) { try await SetupCommand(run, settings, $0).execute() }
    }

    public static let orchestrate = Tool(OrchestrateOptions.command) { run in
        let settings = try OrchestrateSettings(run)
        return try await GoogleConnection.with(run) { google in
            let connections = OrchestrateConnections(run, google)
            guard settings.local == nil else {
                return try await LocalCommand(tool: run, settings: settings, connections: connections).execute()
            }
            return try await LaunchCommand(tool: run, settings: settings, connections: connections).execute()
        }
    }

    public static let monitor = Tool(MonitorOptions.command) { run in
        try await GoogleConnection.with(run, retry: MonitorConnections.retry) {
            try await MonitorCommand(run, try MonitorConnections(run, $0)).execute()
        }
    }

    public static let cleanup = Tool(CleanupOptions.command) { run in
        let settings = try CleanupSettings(run)
        return try await GoogleConnection.with(run) { try await CleanupCommand(run, settings, $0).execute() }
    }
}
