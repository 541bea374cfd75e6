import Common
import Console

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { run in try await CleanupFlow(run).run() }
    }
}
