import Glibc
import Sandbox

@main
struct TickSandbox {
    static func main() {
        do {
            guard let options = try Options.parse(Array(CommandLine.arguments.dropFirst())) else {
                write(Options.help, to: STDOUT_FILENO)
                exit(0)
            }
            exit(try run(options))
        } catch let error as Options.UsageError {
            write("tick-sandbox: \(error.sentence)\n", to: STDERR_FILENO)
            exit(2)
        } catch {
            write("tick-sandbox: \(error)\n", to: STDERR_FILENO)
            exit(1)
        }
    }

    private static func run(_ options: Options) throws -> Int32 {
        // Blocked before any thread is started, so that only the wait below takes them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGCHLD] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        let directory = try Files.makeTemporaryDirectory(prefix: "tick-sandbox")
        defer { Files.removeTree(directory) }
        let world = try LocalWorld(worldOptions(options, directory: directory))
        defer { world.stop() }
        for rule in options.faults { world.faults.add(rule) }
        let environment = try Environment(world, directory: directory)
        if let file = options.environmentFile { try Files.replace(file, with: environment.exportLines) }
        if options.printsEnvironment { write(environment.exportLines, to: STDOUT_FILENO) }
        let child =
            try options.command.isEmpty
            ? nil : ChildCommand(options.command, adding: environment.variables, removing: secretNames)
        while true {
            var signal: Int32 = 0
            sigwait(&signals, &signal)
            if let child {
                if let status = child.exitStatus() { return status }
                if signal != SIGCHLD { kill(child.process, signal) }
            } else if signal != SIGCHLD {
                return 0
            }
        }
    }

    private static let secretNames = ["TICK_SANDBOX_TARDIS_KEY", "TICK_SANDBOX_GCS_TOKEN"]

    private static func worldOptions(_ options: Options, directory: String) throws -> LocalWorld.Options {
        let until = options.exportedUntil ?? .today()
        let catalogue =
            try options.symbols().map { TardisCatalogue(symbols: $0, exportedUntil: until) }
            ?? .standard(exportedUntil: until)
        var tardis = TardisService.Configuration(catalogue: catalogue, cache: "\(directory)/tardis")
        tardis.apiKey = variable(secretNames[0])
        tardis.size = options.size
        tardis.data = options.data
        tardis.empty = options.empty
        var world = LocalWorld.Options(store: options.store ?? "\(directory)/store", tardis: tardis)
        world.tardisPort = options.tardisPort
        world.storagePort = options.storagePort
        world.storageTLSPort = options.storageTLSPort
        world.buckets = options.buckets
        world.record = options.record
        world.requireToken = variable(secretNames[1])
        return world
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
