import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Sandbox
import Synchronization
import Testing
import Text
import Transport

/// Compute Engine's stand-in with a project, a bucket in memory, and the kit's clients in front of them.
final class CleanupWorld: Sendable {
    let service: ComputeService
    let recorder = Recorder()
    let faults = FaultInjector()
    let store = MemoryStore()
    let compute: ComputeClient
    /// Real time, but pauses end soon.
    let clock: ToolClock
    private let server: SandboxServer
    private let transport = CurlTransport(userAgent: "test", environment: [:])
    private let seen = Mutex(0)

    static let project = "p-1"
    static let day = "2023-05-23"

    private init(_ rules: [String]) throws {
        var options = ComputeOptions(project: Self.project, number: 77)
        options.projects.append(.init(id: "other-project", number: 78))
        options.faults = try rules.map(ComputeFault.init(parsing:))
        service = ComputeService(options)
        server = try SandboxServer(service: service, recorder: recorder, faults: faults)
        clock = ToolClock(sleep: { try await Task.sleep(for: min($0, .milliseconds(3))) })
        let api = GoogleAPI(
            environment: ["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": server.url + "/compute/v1/"],
            transport: transport,
            tokens: AnonymousTokens(),
            retry: RetryPolicy(tries: 4),
            clock: clock
        )
        compute = ComputeClient(api, project: Self.project)
    }

    /// Runs a test in a world of its own; every request must have kept to Google's description.
    static func run(_ rules: [String] = [], _ body: (CleanupWorld) async throws -> Void) async throws {
        let world = try CleanupWorld(rules)
        do {
            try await body(world)
        } catch {
            await world.transport.shutdown()
            world.server.stop()
            throw error
        }
        await world.transport.shutdown()
        world.server.stop()
        #expect(world.recorder.violations == [])
    }

    // MARK: What is there

    /// Makes the kit's VMs as a launch does.
    func launch(
        _ numbers: [Int],
        zone: String = "asia-northeast1-a",
        dates: String = day,
        labels: [String: String] = ["tick-kit": "0-1-0", "tick-run": "r", "tick-date": day]
    ) async throws {
        let new = NewInstances(
            names: numbers.map { FleetNames.vm(prefix, $0) },
            machineType: "e2-highmem-2",
            sourceImage: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts",
            diskGigabytes: 100,
            diskType: "pd-standard",
            hasExternalAddress: false,
            serviceAccount: "sa@p-1.iam.gserviceaccount.com",
            labels: labels,
            metadata: ["tick-dates": dates, "tick-bucket": "gs://market-data-tick"],
            provisioning: .spot,
            termination: .delete,
            maxRunSeconds: 86_400
        )
        let operation = try await compute.bulkInsert(zone: zone, new, requestID: RequestID(random: clock.random))
        try await compute.wait(operation).checked("make the test's VMs")
    }

    /// Somebody else's VM, or one of ours in a way that launches do not make them.
    func plant(
        _ name: String,
        labels: [String: String] = [:],
        project: String = project,
        zone: String = "asia-northeast1-a",
        _ more: [(String, JSONValue)] = []
    ) throws {
        var body: JSONObject = ["name": .string(name)]
        var texts = JSONObject()
        for (key, value) in labels { texts[key] = .string(value) }
        body["labels"] = .object(texts)
        for (key, value) in more { body[key] = value }
        try service.plant(.object(body), project: project, zone: zone)
    }

    /// Has a VM say how far it is.
    func report(_ number: Int, _ phase: ShardPhase, date: String = day) async throws {
        let name = FleetNames.vm(prefix, number)
        let day = try #require(CalendarDate(date))
        let plan = Plan(date: day, instruments: instruments(60), shards: 60, created: 0)
        let state = Heartbeat(date: day, plan: plan.id, vm: name, shard: number, shards: 60, phase: phase, now: 0)
        _ = try await PlanStore(store).keep([plan])
        if phase == .done {
            for object in plan.objects(ofShard: number) {
                try await store.bring(object, rows: 10, source: 100, bytes: 20)
            }
        }
        _ = try await store.put(
            state.name,
            [],
            options: PutOptions(metadata: state.metadata)
        )
    }

    /// The names of all VMs, those of other projects with the project in front.
    var vms: [String] {
        service.instances.map { $0.project == Self.project ? $0.name : "\($0.project)/\($0.name)" }.sorted()
    }

    /// What was asked since the last time, `VERB method-or-path`, without the reads' queries.
    func asked() -> [RecordedRequest] {
        let all = recorder.requests
        return seen.withLock { seen in
            defer { seen = all.count }
            return Array(all.dropFirst(seen))
        }
    }

    /// The changes asked for since the last time.
    func changes() -> [RecordedRequest] {
        asked().filter { $0.method != "GET" && !$0.url.contains("/wait") }
    }

    /// Waits until what was begun is through.
    func settled() async throws {
        while service.instances.contains(where: { ["PROVISIONING", "STAGING", "STOPPING"].contains($0.status) }) {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    // MARK: The kit's side

    /// A clean-up by another clock than the disks', so that they are old enough.
    func cleanup(
        keepsEgress: Bool = false,
        _ narrow: (inout CleanupScope) -> Void = { _ in },
        open: CompletionReader.Open? = nil
    ) -> Cleanup {
        var scope = CleanupScope(prefix: prefix, now: { ToolClock.system.epochMicroseconds() + 3_600_000_000 })
        narrow(&scope)
        let store = store
        return Cleanup(
            compute,
            scope: scope,
            completion: CompletionReader(
                fallback: "gs://fallback",
                prefix: prefix,
                now: ToolClock.system.epochMicroseconds,
                open: open ?? { _ in store }
            ),
            egress: keepsEgress ? nil : SharedEgress(compute, clock: clock),
            clock: clock
        )
    }

    /// Looks, deletes what may go without a word, and reports; `force` takes the rest, too.
    func clean(force: Bool = false, _ narrow: (inout CleanupScope) -> Void = { _ in }) async throws -> CleanupReport {
        let cleanup = cleanup(narrow)
        let view = try await cleanup.look()
        return try await cleanup.remove(force ? view.choice.items : view.choice.free, of: view)
    }
}

extension CleanupReport {
    /// `NAME RESULT` of the lines, sorted.
    var summary: [String] { lines.map { "\($0.name) \($0.result.word)" }.sorted() }
}
