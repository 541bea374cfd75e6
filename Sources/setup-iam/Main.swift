import Common
import Console
import Fleet
import Transport

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { run in
            let settings = try SetupSettings(run)
            let connection = try GoogleConnection(run)
            do {
                let status = try await SetupFlow(run, settings, connection).run()
                await connection.transport.shutdown()
                return status
            } catch {
                await connection.transport.shutdown()
                throw error
            }
        }
    }
}
