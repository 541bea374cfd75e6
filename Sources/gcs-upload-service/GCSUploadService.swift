import Common

@main
struct GCSUploadService {
    static func main() async {
        await ToolMain.run(uploadCommand) { run in try await UploadFlow(run).run() }
    }
}
