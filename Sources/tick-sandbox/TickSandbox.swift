import FleetModel
import Common
import Console
import Glibc
import Host
import Sandbox

/// Not by `Tool`, which ends a tool with one of the kit's statuses: this one ends with its child's.
@main
struct TickSandbox {
    static func main() {
        // Blocked before any thread is started, so that only the wait for them takes them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGCHLD] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        let context = ToolContext.live()
        do {
            let layers = [SettingsLayer(.environment, context.environment)]
            let width = context.terminal.outputWidth ?? 80
            switch try CommandParser(sandboxCommand, version: BuildInfo.version)
                .parse(context.arguments, layers: layers, width: width)
            {
            case .show(let text): context.output.write(text)
            case .run(let arguments): exit(try run(Options(arguments), context, until: signals))
            }
        } catch {
            context.messages.write("tick-sandbox: \(error)\n")
            exit(exitStatus(of: error).rawValue)
        }
    }

    private static func run(_ options: Options, _ context: ToolContext, until signals: sigset_t) throws -> Int32 {
        let directory = try Files.makeTemporaryDirectory(prefix: "tick-sandbox")
        defer { Files.removeTree(directory) }
        let world = try SandboxEnvironment(worldOptions(options, directory: directory))
        defer { world.stop() }
        for rule in options.faults { world.faults.add(rule) }
        let arguments = options.arguments
        world.resourceManager.race(times: try arguments.int("policy-race") ?? 0)
        world.oauth.setRevoked(arguments.flag("revoke-credentials"))
        let environment = try Environment(world, directory: directory, outer: context.environment)
        world.machines.configure { $0.environment = world.endpoints }
        if let file = arguments.string("env-file") { try Files.replace(file, with: environment.exportLines) }
        if arguments.flag("print-env") { context.output.write(environment.exportLines) }
        let command = arguments.arguments("COMMAND")
        let secrets = sandboxCommand.environment.map(\.name)
        let child =
            try command.isEmpty ? nil : ChildProcess(command, adding: environment.variables, removing: secrets)
        while true {
            var signals = signals
            var signal: Int32 = 0
            sigwait(&signals, &signal)
            if let child {
                if let status = child.exitStatus() { return status }
                if signal != SIGCHLD { child.send(signal) }
            } else if signal != SIGCHLD {
                return 0
            }
        }
    }

    private static func worldOptions(_ options: Options, directory: String) throws -> SandboxEnvironment.Options {
        let until = options.exportedUntil
        let catalogue =
            options.symbols.map { TardisCatalogue(symbols: $0, exportedUntil: until) }
            ?? .standard(exportedUntil: until)
        let arguments = options.arguments
        var tardis = TardisService.Configuration(catalogue: catalogue, cache: "\(directory)/tardis")
        tardis.apiKey = arguments.variable("TICK_SANDBOX_TARDIS_KEY")?.values.last
        tardis.keyPlan = arguments.string("key-plan") ?? "pro"
        tardis.keyCoverage = options.list("key-covers").map { $0.compactMap { KeyCoverage($0) } }
        tardis.keyLockSeconds = try arguments.int("key-lock")
        tardis.size = options.size
        tardis.data = arguments.string("data")
        tardis.empty = options.empty
        var world = SandboxEnvironment.Options(store: arguments.string("store") ?? "\(directory)/store", tardis: tardis)
        world.ports = options.ports
        world.project = try options.project()
        world.bucketSettings = options.bucketSettings
        world.hasDefaultNetwork = !arguments.flag("no-default-network")
        world.linkLifetimeSeconds = try arguments.int("link-lifetime") ?? 300
        world.computeFaults = options.computeFaults
        world.images = options.images(in: world.project)
        world.latencyMilliseconds = try arguments.int("latency") ?? 0
        world.machines.directory = "\(directory)/machines"
        world.machines.slots = try arguments.int("vm-processes") ?? 16
        world.machines.programs = arguments.string("vm-programs").flatMap(Options.absoluteDirectory)
        world.buckets = arguments.all("bucket")
        world.record = arguments.string("record")
        world.requireToken = arguments.variable("TICK_SANDBOX_GCS_TOKEN")?.values.last
        return world
    }
}
