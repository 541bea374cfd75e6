import Common
import Download

@main
struct Main {
    static func main() async { await downloadTool.main() }
}
