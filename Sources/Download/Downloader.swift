import Common
import Console

/// `vm-data-downloader`: downloads a shard, converts files on disk, describes them.
public enum Downloader {
    /// Does what the process's command line says, and ends the process.
    public static func main() async {
        await ToolMain.run(Options.command) { try await execute($0) }
    }

    /// The command in process, for tests.
    static func execute(_ run: ToolRun) async throws -> ExitStatus {
        switch run.arguments.subcommand {
        case "convert": try await ConvertCommand(run).execute()
        case "describe": try await DescribeCommand(run).execute()
        default: try await DownloadCommand(run).execute()
        }
    }
}
