import Common
import Console

@main
struct Main {
    static func main() async {
        await ToolMain.run(Options.command) { _ in .done }
    }
}
