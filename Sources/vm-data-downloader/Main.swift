import Download

@main
struct Main {
    static func main() async { await Downloader.main() }
}
