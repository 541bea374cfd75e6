import Common
import Upload

@main
struct Main {
    static func main() async { await uploadTool.main() }
}
