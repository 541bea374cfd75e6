import Common
import Fleet

@main
struct Main {
    static func main() async { await FleetTools.cleanup.main() }
}
