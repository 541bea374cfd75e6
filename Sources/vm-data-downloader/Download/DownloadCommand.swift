import Common
import Console
struct DownloadCommand {
    init(_ run: ToolRun) {}
    func execute() async throws -> ExitStatus { .failed }
}
