import Transport
import Common
import Console
import FleetModel
import Foundation
import GoogleCloud
import Sandbox
import Testing
import Text

@testable import Download

/// The whole command in process, against the sandbox's Tardis, into a folder: text, documents, statuses, and what was asked for.
@Suite struct DownloadCommandTests {
    private let place: Place
    private var world: SandboxEnvironment { place.world }
    private let day: CalendarDate

    init() throws {
        place = try Place()
        day = try #require(CalendarDate("2023-06-01"))
    }

    /// A folder with a Tardis beside it; both go with the test.
    private final class Place: Sendable {
        let folder: String
        let world: SandboxEnvironment

        init() throws {
            folder = NSTemporaryDirectory() + "download-tests-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let until = try #require(TickDay("2024-01-01"))
            let catalogue = TardisCatalogue(symbols: ["binance": ["BTCUSDT", "ETHUSDT"]], exportedUntil: until)
            var tardis = TardisService.Configuration(catalogue: catalogue, cache: "\(folder)/cache")
            tardis.size = .rows(50)
            world = try SandboxEnvironment(SandboxEnvironment.Options(store: "\(folder)/gcs", tardis: tardis))
        }

        deinit {
            world.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    private struct Ended {
        let status: Console.ExitStatus
        let output: String
        let messages: String

        /// Results by symbol.
        func results() throws -> [String: String] {
            let files = try #require(try JSONValue(parsing: Array(output.utf8))["files"]?.array)
            return files.reduce(into: [:]) { results, file in
                let name = file["object"]?.string?.split(separator: "/").dropLast().last.map(String.init) ?? ""
                results[name] = file["result"]?.string
            }
        }
    }

    private func run(_ symbols: String, _ more: [String] = [], process id: Int64 = 1, isRunning: Bool? = nil) async
        -> Ended
    {
        let api = "http://127.0.0.1:\(world.tardisServer.port)"
        let (output, messages) = (MemorySink(), MemorySink())
        var context = ToolContext(
            arguments: [
                "--date", "\(day)", "--symbols", symbols, "--data-types", "trades", "--bucket", "\(place.folder)/data",
                "--output", "json", "--progress", "quiet", "--instruments", "/instruments.csv", "--tardis-max-retries",
                "1",
            ] + more,
            environment: ["TARDIS_BASE_URL": api, "TARDIS_API_URL": api + "/v1"],
            clock: ToolClock(sleep: { try await Task.sleep(for: min($0, .milliseconds(50))) }),
            output: output,
            messages: messages,
            files: .memory([
                "/instruments.csv": """
                venue,symbol,kind
                binance-spot,BTCUSDT,spot
                binance-spot,ETHUSDT,spot
                binance-spot,GONEUSDT,spot

                """
            ])
        )
        context.process = ProcessIdentity(own: .init(host: "h", id: id, began: id), isRunning: { _ in isRunning })
        let status = await downloadTool.run(in: context)
        return Ended(status: status, output: output.text, messages: messages.text)
    }

    private var store: any ObjectStore { DirectoryStore("\(place.folder)/data") }

    private func heartbeat() async throws -> Heartbeat {
        let found = try await DateReader(store).heartbeats(day, own: "").0
        let name = try #require(found.first).name
        return try Heartbeat(decoding: try await store.get(name, range: nil))
    }

    private func asked(_ part: String) -> Int { world.recorder.requests.count { $0.url.contains(part) } }

    @Test("a run leaves files, its plan and a heartbeat; the same run again asks Tardis for nothing")
    func twice() async throws {
        let first = await run("BTCUSDT,ETHUSDT")
        #expect(first.status == .done, "\(first.messages)")
        #expect(try first.results() == ["BTCUSDT": "done", "ETHUSDT": "done"])
        let plan = try await PlanStore(store).read(.standard, day)
        #expect(plan.objects.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
        let said = try await heartbeat()
        #expect((said.vm, said.plan, said.phase, said.attempt) == ("local-0", plan.id, .done, 1))
        #expect((said.figures.total, said.figures.done, said.figures.rows) == (2, 2, 100))
        #expect(said.process == .init(host: "h", id: 1, began: 1))
        let before = world.recorder.requests.count
        let second = await run("BTCUSDT,ETHUSDT")
        #expect(second.status == .done)
        #expect(try second.results() == ["BTCUSDT": "skipped", "ETHUSDT": "skipped"])
        #expect(world.recorder.requests.count == before + asked("/exchanges/") - 1)
        #expect(try await heartbeat().attempt == 2)
    }

    @Test(
        "uploads share 32 MiB, in steps that Cloud Storage takes",
        arguments: [(1, 8 << 20), (4, 8 << 20), (5, 6_553_600), (8, 4 << 20), (32, 1 << 20), (256, 1 << 20)]
    )
    func chunks(workers: Int, bytes: Int) {
        #expect(DownloadServices.chunkBytes(workers: workers) == bytes)
        #expect(bytes % (256 << 10) == 0)
    }

    @Test("a worker that takes another shard leaves what it said of the first one")
    func anotherShard() async throws {
        for (shard, status) in [("1", Console.ExitStatus.incomplete), ("0", .done)] {
            let ended = await run(
                "BTCUSDT,GONEUSDT",
                ["--vm-name", "w", "--shard-index", shard, "--total-shards", "2"]
            )
            #expect(ended.status == status, "\(ended.messages)")
        }
        let said = try await DateReader(store).heartbeats(day, own: "").0.sorted { $0.shard < $1.shard }
        #expect(said.map(\.shard) == [0, 1])
        #expect(said.map(\.figures.absent) == [0, 1])
        #expect(said[1].absences.count == 1)
        let state = DateState(try await DateReader(store).facts(day), now: ToolClock.system.epochMicroseconds())
        #expect(state.verdict == .whole)
    }

    @Test("what the catalogue does not have is absent, with the answer that says so")
    func absent() async throws {
        let ended = await run("BTCUSDT,GONEUSDT")
        #expect(ended.status == .done)
        #expect(try ended.results() == ["BTCUSDT": "done", "GONEUSDT": "absent"])
        let absence = try #require(try await heartbeat().absences.first)
        #expect(absence.object == "2023-06-01/trades/binance-spot/GONEUSDT/trades_2023-06-01_GONEUSDT_spot.parquet")
        let proof = try #require(absence.proof)
        #expect(proof.catalogue == "http://127.0.0.1:\(world.tardisServer.port)/v1/exchanges/binance")
        #expect(proof.reason == "Tardis's archive of binance has no symbol GONEUSDT")
        #expect(abs(proof.read - ToolClock.system.epochMicroseconds()) < 600_000_000)
        #expect(asked("GONEUSDT") == 0)
        #expect(await run("GONEUSDT").status == .incomplete)
    }

    @Test("without a catalogue a 404 is tried again, and then a failure", arguments: [404, 400])
    func noProof(status: Int) async throws {
        try world.faults.add("path=*/exchanges/* status=500")
        try world.faults.add("path=*/ETHUSDT* status=\(status)\(status == 400 ? " code=140" : "")")
        let ended = await run("BTCUSDT,ETHUSDT")
        #expect(ended.status == .partial)
        #expect(try ended.results() == ["BTCUSDT": "done", "ETHUSDT": "failed"])
        let said = try await heartbeat()
        #expect(said.absences.isEmpty && said.phase == .partial && said.figures.failed == 1)
        #expect(asked("ETHUSDT") == 3)
    }

    @Test("a catalogue that comes to be there in the middle proves as well as one at the start")
    func lateProof() async throws {
        try world.faults.add("path=*/exchanges/* nth=1-2 status=500")
        let ended = await run("BTCUSDT,GONEUSDT")
        #expect(try ended.results()["GONEUSDT"] == "absent", "\(ended.messages)")
        #expect(try await heartbeat().absences.count == 1)
    }

    @Test("a shard that another process works on is left, and taken with --force or when that has died")
    func held() async throws {
        #expect(await run("BTCUSDT").status == .done)
        var living = try await heartbeat()
        living.phase = .running
        living.process = .init(host: "other", id: 7, began: 7)
        let options = PutOptions(contentType: "application/json", metadata: living.metadata)
        _ = try await store.put(living.name, living.encoded(), options: options)
        let held = await run("BTCUSDT", process: 2)
        #expect(held.status == .temporary)
        #expect(held.messages.contains("local-0 (process 7 on other) works on shard 0 of 2023-06-01, with its last"))
        #expect(try await heartbeat().process?.id == 7)
        #expect(await run("BTCUSDT", process: 3, isRunning: false).status == .done)
        #expect(try await heartbeat().process?.id == 3)
        _ = try await store.put(living.name, living.encoded(), options: options)
        let forced = await run("BTCUSDT", ["--force"], process: 4)
        #expect(forced.status == .done)
        #expect(try forced.results() == ["BTCUSDT": "done"])
        #expect(forced.messages.contains("the shard is taken over"))
    }

    @Test("of two that begin together under different names, one downloads")
    func together() async throws {
        for _ in 0..<5 {
            let place = try Self()
            async let one = place.run("BTCUSDT", ["--vm-name", "one"], process: 1)
            async let other = place.run("BTCUSDT", ["--vm-name", "other"], process: 2)
            let statuses = [await one.status, await other.status]
            #expect(statuses.contains(.done))
            #expect(Set(statuses).isSubset(of: [.done, .temporary]))
            #expect(place.asked("trades/2023/06/01/BTCUSDT") <= 2, "a request and the redirect")
        }
    }

    @Test("a dry run writes nothing")
    func dryRun() async throws {
        let ended = await run("BTCUSDT,GONEUSDT", ["--dry-run"])
        #expect(ended.status == .done)
        #expect(try ended.results() == ["BTCUSDT": "done", "GONEUSDT": "absent"])
        #expect(try await store.listAll(prefix: "").isEmpty)
        #expect(asked("BTCUSDT") == 0)
    }

    @Test("each plan of a place stays, and is read back by its name")
    func plans() async throws {
        _ = await run("BTCUSDT")
        _ = await run("ETHUSDT")
        let plans = try await DateReader(store).plans(day).plans
        #expect(plans.map(\.plan.instruments.first?.symbol) == ["ETHUSDT", "BTCUSDT"] || plans.count == 2)
        let other = try #require(plans.first { $0.name != .standard })
        #expect(other.plan.instruments.map(\.symbol) == ["ETHUSDT"])
        #expect(await run("", ["--plan", "plan.00000000.json"]).status == .usage)
    }
}
