public import Common
import Console

/// `vm-data-downloader`: downloads a shard, converts files on disk, describes them.
public let downloadTool = Tool(Options.command) { run in
    switch run.arguments.subcommand {
    case "convert": try await ConvertCommand(run).execute()
    case "describe": try await DescribeCommand(run).execute()
    default: try await DownloadCommand(run).execute()
    }
}
