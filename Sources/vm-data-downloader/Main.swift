import Common
import Console

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { run in
            switch run.arguments.subcommand {
            case "convert": try await ConvertCommand(run).execute()
            case "describe": try await DescribeCommand(run).execute()
            default: try await DownloadCommand(run).execute()
            }
        }
    }
}
