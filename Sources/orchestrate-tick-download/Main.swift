import Common
import Console
import Fleet
import Transport

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { tool in
            let settings = try Settings(tool)
            let reach = try Reach(tool)
            do {
                let status = try await execute(tool, settings, reach)
                await reach.google.transport.shutdown()
                return status
            } catch {
                await reach.google.transport.shutdown()
                throw error
            }
        }
    }

    private static func execute(_ tool: ToolRun, _ settings: Settings, _ reach: Reach) async throws -> ExitStatus {
        guard settings.local == nil else {
            return try await LocalCommand(tool: tool, settings: settings, reach: reach).execute()
        }
        return try await FleetCommand(tool: tool, settings: settings, reach: reach).execute()
    }
}
