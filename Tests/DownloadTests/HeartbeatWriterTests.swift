import Common
import Console
import FleetModel
import GoogleCloud
import Testing
import Transport

@testable import Download

/// How a process takes a shard, and what it keeps of the one before.
@Suite struct HeartbeatWriterTests {
    private let store = MemoryStore()
    private let plan: Plan
    private let objects: [DataObject]

    init() throws {
        let day = try #require(CalendarDate("2023-06-01"))
        let instruments = ["A", "B"].map {
            Instrument(venue: .binanceSpot, symbol: $0, kind: .spot, dataTypes: [.trades])
        }
        plan = Plan(date: day, instruments: instruments, shards: 1, created: 0)
        objects = plan.objects(ofShard: 0)
    }

    private func heartbeat(_ phase: ShardPhase) -> Heartbeat {
        Heartbeat(date: plan.date, plan: plan.id, vm: "local-0", shard: 0, shards: 1, phase: phase, now: 1)
    }

    private func absence(_ object: String, _ reason: String) -> Absence {
        Absence(object: object, proof: .init(catalogue: "https://c/exchanges/e", read: 1, reason: reason))
    }

    private func claim() async throws -> ShardProgress {
        let board = ShardProgress(heartbeat(.starting))
        let sink = MemorySink()
        let writer = HeartbeatWriter(
            store: store,
            board: board,
            progress: ProgressReporter(
                title: "t",
                mode: .quiet,
                sink: sink,
                terminal: Terminal(),
                color: false,
                now: { .zero }
            ),
            logger: Logger(level: .error, format: .plain, sink: sink, now: { 0 }),
            clock: .system
        )
        try await writer.claim(isForced: false, now: ToolClock.system.epochMicroseconds) { _ in nil }
        return board
    }

    @Test("what an earlier process proved to be absent stays so until the file's own turn, with its proof")
    func inherited() async throws {
        var before = heartbeat(.done)
        before.figures.total = 2
        before.figures.absent = 2
        before.absences = objects.map { absence($0.name, "never had it") }
        _ = try await store.put(before.name, before.encoded(), options: PutOptions(metadata: before.metadata))

        let board = try await claim()
        let taken = try Heartbeat(decoding: try await store.get(before.name, range: nil))
        #expect(taken.attempt == 2)
        #expect(taken.absences == before.absences)
        #expect(taken.figures.absent == 2)

        // One comes into being, the other cannot be asked for.
        let jobs = plan.instruments.map { FileJob($0, .trades, plan.date) }
        board.end(FileOutcome(job: jobs[0], result: .done, rows: 5))
        board.end(FileOutcome(job: jobs[1], result: .failed(FileFailure(reason: "no answer", status: .temporary))))
        let after = board.snapshot(now: 2, bytesPerSecond: 0)
        #expect(after.absences == [])
        #expect((after.figures.absent, after.figures.done, after.figures.failed) == (0, 1, 1))
        // What is said again is said once.
        let again = absence(objects[1].name, "asked again")
        let second = ShardProgress(heartbeat(.starting))
        second.inherit(before.absences)
        second.end(FileOutcome(job: jobs[1], result: .absent(try #require(again.proof))))
        #expect(second.snapshot(now: 2, bytesPerSecond: 0).absences == [before.absences[0], again])
        #expect(second.snapshot(now: 2, bytesPerSecond: 0).figures.absent == 2)
    }

    @Test("a document that cannot be read, or is another one's, settles nothing")
    func unreadable() async throws {
        var before = heartbeat(.done)
        before.figures.absent = 1
        before.absences = [absence(objects[0].name, "never had it")]
        for bytes in [Array("{".utf8), Array("".utf8)] {
            _ = try await store.put(before.name, bytes, options: PutOptions(metadata: before.metadata))
            let taken = try await claim().snapshot(now: 1, bytesPerSecond: 0)
            #expect(taken.absences == [])
            #expect(taken.figures.absent == 0)
        }
    }
}
