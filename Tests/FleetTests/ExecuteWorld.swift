import FleetModel
import Common
import Console
import GoogleCloud
import Sandbox
import Synchronization
import Tardis
import Testing
import Transport

@testable import Fleet

/// The whole sandbox with the kit's clients before it, VMs that only stand there, and a bucket in memory.
final class ExecuteWorld: Sendable {
    let sandbox: SandboxEnvironment
    let store: MemoryStore
    /// The world of the sandbox's project.
    var services: FleetServices { fleetWorld(project: sandbox.project.id) }
    private let api: GoogleAPI
    private let clock: ToolClock
    let log = MemorySink()
    private let transport = CurlTransport(userAgent: "test", environment: [:])
    private let folder = TemporaryFolder()
    private let marked = Mutex(0)
    private let later = Later()
    private let onSleep: Mutex<(@Sendable () async throws -> Void)?> = Mutex(nil)

    static let key = Secret("planted-key-4711")

    private init(_ rules: [String], _ adjust: (inout SandboxEnvironment.Options) -> Void) throws {
        store = MemoryStore(clock: ToolClock(epochMicroseconds: { [later] in later.epochMicroseconds() }))
        let symbols = instruments(60).map(\.symbol)
        let until = try #require(TickDay("2024-01-01"))
        let tardis = TardisService.Configuration(
            catalogue: TardisCatalogue(symbols: ["binance": symbols], exportedUntil: until),
            cache: folder.path + "/cache",
            apiKey: Self.key.reveal()
        )
        var options = SandboxEnvironment.Options(store: folder.path + "/store", tardis: tardis)
        options.computeFaults = try rules.map(ComputeFault.init(parsing:))
        let planted = Sandbox.ImageReference(Self.image)
        options.images = [try #require(planted)]
        adjust(&options)
        let sandbox = try SandboxEnvironment(options)
        self.sandbox = sandbox
        clock = ToolClock(sleep: { try await Task.sleep(for: min($0, .milliseconds(2))) })
        let transport = transport
        api = GoogleAPI(
            environment: Dictionary(uniqueKeysWithValues: sandbox.endpoints.map { ($0.name, $0.value) }),
            transport: transport,
            tokens: CredentialSources(
                environment: ["CLOUDSDK_AUTH_ACCESS_TOKEN": sandbox.operatorToken],
                home: nil,
                transport: transport
            ).tokens(),
            retry: RetryPolicy(tries: 4),
            clock: clock
        )
    }

    /// The kit's clients for a project.
    func fleetWorld(project: String) -> FleetServices {
        let (transport, clock, url) = (transport, clock, sandbox.tardisServer.url)
        return FleetServices(
            api: api,
            project: project,
            store: store,
            tardis: { key in
                var options = TardisClient.Options()
                options.apiURL = url + "/v1"
                options.key = key
                return TardisClient(options: options, transport: transport, clock: clock)
            },
            clock: ToolClock(
                epochMicroseconds: { [later] in later.epochMicroseconds() },
                monotonic: { .zero },
                sleep: { [weak self] _ in
                    if let act = self?.onSleep.withLock({ $0 }) { try await act() }
                    try await Task.sleep(for: .milliseconds(2))
                }
            )
        )
    }

    /// Runs a test in a world of its own; every request must have kept to Google's descriptions.
    static func run(
        _ rules: [String] = [],
        adjust: (inout SandboxEnvironment.Options) -> Void = { _ in },
        _ body: (ExecuteWorld) async throws -> Void
    ) async throws {
        let world = try ExecuteWorld(rules, adjust)
        do {
            _ = try await world.services.projects.iam(world.sandbox.project.id)
                .updatePolicy { $0.adding(RequiredRoles.wide, for: RequiredRoles.member(account)) }
            world.mark()
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

    static let account = "1060025368044-compute@developer.gserviceaccount.com"
    static let image =
        "asia-northeast1-docker.pkg.dev/central-element-323112/market-tick-handler/market-tick-data-handler:latest"

    // MARK: Orders

    func order(_ shards: Int = 6, date: String = "2023-05-23", _ change: (inout LaunchSpec) -> Void = { _ in }) throws
        -> LaunchSpec
    {
        let run = try fleetRun(shards, dates: [date])
        var order = LaunchSpec(
            run: run,
            shards: 0...(run.shards - 1),
            instances: shards,
            bucket: "gs://market-data-tick",
            project: sandbox.project.id,
            zones: .preferring("asia-northeast1-a"),
            machine: LaunchSpec.Machine(
                type: "e2-highmem-2",
                diskGigabytes: 100,
                diskType: "pd-standard",
                imageFamily: "ubuntu-2204-lts",
                imageProject: "ubuntu-os-cloud",
                isPreemptible: true,
                maxRunSeconds: 86_400,
                isKept: false
            ),
            serviceAccount: Self.account,
            image: Self.image,
            prefix: prefix,
            key: Self.key,
            startupScript: "#!/bin/bash\n"
        )
        change(&order)
        return order
    }

    var logger: Logger { Logger(level: .debug, format: .plain, sink: log, now: { 0 }) }

    /// The checks; nil facts fail the test.
    func look(_ order: LaunchSpec) async throws -> (findings: CheckResults, facts: PreflightFacts) {
        let (findings, facts) = await Preflight(spec: order, services: services).look()
        return (findings, try #require(facts, "\(findings.errors)"))
    }

    /// Checks and launches once.
    func launch(_ order: LaunchSpec) async throws -> FleetLaunch.Outcome {
        let (findings, facts) = try await look(order)
        #expect(findings.status == nil, "\(findings.errors)")
        return try await FleetLaunch(spec: order, services: services, facts: facts, logger: logger).carryOut()
    }

    // MARK: What is there

    /// How much later it is to the kit and its bucket than to the sandbox.
    private final class Later: Sendable {
        let microseconds = Mutex<Int64>(0)

        func epochMicroseconds() -> Int64 { ToolClock.system.epochMicroseconds() + microseconds.withLock { $0 } }
    }

    func passes(seconds: Int64) { later.microseconds.withLock { $0 += seconds * 1_000_000 } }

    /// Does this at each pause of the kit's.
    func onSleep(_ act: @escaping @Sendable () async throws -> Void) { onSleep.withLock { $0 = act } }

    /// "tick-data-vm-0 asia-northeast1-a RUNNING", by number.
    var vms: [String] {
        sandbox.compute.instances.sorted { ($0.name.count, $0.name) < ($1.name.count, $1.name) }
            .map { "\($0.name) \($0.zone) \($0.status)" }
    }

    func mark() { marked.withLock { $0 = sandbox.recorder.requests.count } }

    var changes: [String] { sandbox.changes(since: marked.withLock { $0 }) }

    /// Puts a shard's files, whole.
    func bring(_ shard: Int, of run: FleetRun) async throws {
        for date in run.dates {
            for object in run.plan(for: date, created: 0).objects(ofShard: shard) {
                let bytes = [UInt8](repeating: 1, count: 64)
                let metadata = whole(object, content: .init(of: bytes)).metadata
                _ = try await store.put(object.name, bytes, options: PutOptions(metadata: metadata))
            }
        }
    }

    func settle() async throws { try await sandbox.settle() }
}
