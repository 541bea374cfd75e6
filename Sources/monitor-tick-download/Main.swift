import Common
import Transport

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { tool in
            let reach = try Reach(tool)
            do {
                let status = try await MonitorCommand(tool, reach).execute()
                await reach.transport.shutdown()
                return status
            } catch {
                await reach.transport.shutdown()
                throw error
            }
        }
    }
}
