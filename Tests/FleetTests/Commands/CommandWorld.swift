import Common
import Console
import FleetModel
import GoogleCloud
import Sandbox
import Synchronization
import Testing
import Text
import Transport

@testable import Fleet

/// Whole commands in process, in front of the whole sandbox: a project that is prepared, the deployment's own files, an operator
/// with a token, and VMs that only exist.
final class CommandWorld: Sendable {
    let sandbox: SandboxEnvironment
    let store: any ObjectStore
    private let folder = TemporaryFolder()
    private let transport = CurlTransport(userAgent: "test", environment: [:])
    private let marked = Mutex(0)
    private let onSleep: Mutex<(@Sendable () async throws -> Void)?> = Mutex(nil)

    static let key = "planted-key-4711"
    static let bucket = "gs://market-data-tick"
    /// Two spot instruments of three types each.
    static let instruments = """
        venue,symbol,kind
        binance-spot,BTCUSDT,spot
        binance-spot,ETHUSDT,spot

        """

    private init(_ adjust: (inout SandboxEnvironment.Options) -> Void) throws {
        let until = try #require(TickDay("2024-01-01"))
        let tardis = TardisService.Configuration(
            catalogue: TardisCatalogue(symbols: ["binance": ["BTCUSDT", "ETHUSDT"]], exportedUntil: until),
            cache: folder.path + "/cache",
            apiKey: Self.key
        )
        var options = SandboxEnvironment.Options(store: folder.path + "/store", tardis: tardis)
        options.buckets = ["market-data-tick"]
        let image = Sandbox.ImageReference(ExecuteWorld.image)
        options.images = [try #require(image)]
        adjust(&options)
        sandbox = try SandboxEnvironment(options)
        store = try openObjectStore(
            Self.bucket,
            environment: ["STORAGE_EMULATOR_HOST": sandbox.storageServer.url],
            transport: transport,
            tokens: AnonymousTokens()
        )
    }

    /// Runs a test in a world of its own; every request must have kept to Google's descriptions.
    static func run(
        adjust: (inout SandboxEnvironment.Options) -> Void = { _ in },
        _ body: (CommandWorld) async throws -> Void
    ) async throws {
        let world = try CommandWorld(adjust)
        do {
            try await body(world)
        } catch {
            await world.end()
            throw error
        }
        await world.end()
        #expect(world.sandbox.recorder.violations == [])
    }

    private func end() async {
        await transport.shutdown()
        sandbox.stop()
    }

    // MARK: Calling

    struct Ended {
        let status: ExitStatus
        let output: String
        let messages: String

        func json() throws -> JSONValue { try JSONValue(parsing: Array(output.utf8)) }
    }

    /// Runs a program. `answers` are typed on a terminal; without them there is none.
    func call(
        _ tool: Tool,
        _ words: [String],
        answers: [String]? = nil,
        environment changes: [String: String] = [:],
        clockLead: Duration = .zero
    ) async -> Ended {
        let (output, messages) = (MemorySink(), MemorySink())
        let typed = Mutex((answers ?? [])[...])
        var environment = Dictionary(uniqueKeysWithValues: sandbox.endpoints.map { ($0.name, $0.value) })
        environment["CLOUDSDK_AUTH_ACCESS_TOKEN"] = sandbox.operatorToken
        environment["TARDIS_API_KEY"] = Self.key
        environment["INSTRUMENTS_FILE"] = "/instruments.csv"
        environment["ORCHESTRATION_DIR"] = Self.orchestration
        environment.merge(changes) { $1 }
        let memory = FileAccess.memory(["/instruments.csv": Self.instruments])
        var files = FileAccess.system
        files.read = { try memory.exists($0) ? memory.read($0) : FileAccess.system.read($0) }
        files.exists = { memory.exists($0) || FileAccess.system.exists($0) }
        let context = ToolContext(
            arguments: words,
            environment: environment,
            clock: ToolClock(
                epochMicroseconds: { ToolClock.system.epochMicroseconds() + clockLead.components.seconds * 1_000_000 },
                sleep: { [weak self] _ in
                    if let act = self?.onSleep.withLock({ $0 }) { try await act() }
                    try await Task.sleep(for: .milliseconds(2))
                }
            ),
            terminal: Terminal(
                stdinIsTerminal: answers != nil,
                stdoutIsTerminal: answers != nil,
                stderrIsTerminal: answers != nil
            ),
            output: output,
            messages: messages,
            readLine: { typed.withLock { $0.popFirst() } },
            files: files,
            currentDirectory: folder.path
        )
        let status = await tool.run(in: context)
        for text in [output.text, messages.text] { #expect(!text.contains(Self.key)) }
        return Ended(status: status, output: output.text, messages: messages.text)
    }

    /// The project's own folder of scripts and settings.
    private static let orchestration =
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/orchestration"

    // MARK: What is there

    /// Does this at each pause of the program's.
    func onSleep(_ act: @escaping @Sendable () async throws -> Void) { onSleep.withLock { $0 = act } }

    func mark() { marked.withLock { $0 = sandbox.recorder.requests.count } }

    private var asked: ArraySlice<RecordedRequest> {
        sandbox.recorder.requests.dropFirst(marked.withLock { $0 })
    }

    /// How many requests Google's services got since the mark.
    var requests: Int { asked.count { $0.service != "tardis" } }

    /// The changes since the mark, in order: verb and the last two parts of the path.
    var changes: [String] { sandbox.changes(since: marked.withLock { $0 }) }

    /// The names of the VMs that exist, in order.
    var vms: [String] { sandbox.compute.instances.map(\.name).sorted() }

    func settle() async throws { try await sandbox.settle() }

    /// The objects of a shard of the day's plan.
    static func objects(_ shard: Int, of shards: Int = 2) throws -> [DataObject] {
        let registry = try InstrumentRegistry(csv: instruments, path: "i")
        return Plan(date: try date("2023-05-23"), instruments: registry.instruments, shards: shards, created: 0)
            .objects(ofShard: shard)
    }

    /// Puts objects as a downloader does, complete.
    func download(_ objects: [DataObject]) async throws {
        for object in objects {
            let bytes = [UInt8](repeating: 1, count: 64)
            let metadata = whole(object, content: .init(of: bytes)).metadata
            _ = try await store.put(object.name, bytes, options: PutOptions(metadata: metadata))
        }
    }

    /// Has a VM report how far it is.
    func heartbeat(_ vm: Int, _ phase: ShardPhase) async throws {
        let day = try date("2023-05-23")
        let registry = try InstrumentRegistry(csv: Self.instruments, path: "i")
        let plan = Plan(date: day, instruments: registry.instruments, shards: 2, created: 0)
        let now = ToolClock.system.epochMicroseconds()
        let beat = Heartbeat(
            date: day,
            plan: plan.id,
            vm: FleetNames.vm(prefix, vm),
            shard: vm,
            shards: 2,
            phase: phase,
            now: now
        )
        _ = try await store.put(beat.name, [], options: PutOptions(metadata: beat.metadata))
    }
}
