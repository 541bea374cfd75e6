import Common
import Console
import FleetModel
import GoogleCloud
import Sandbox
import Testing
import Text

@testable import Fleet

/// `orchestrate-tick-download` as a whole.
@Suite(.serialized) struct OrchestrateCommandTests {
    private let words = ["--date", "2023-05-23", "--instances", "2", "--progress", "quiet"]

    @Test("a launch makes what is missing, and the same command again changes nothing")
    func twice() async throws {
        try await CommandWorld.run { world in
            let first = await world.call(FleetTools.orchestrate, words)
            #expect(first.status == .done, "\(first.messages)")
            #expect(
                first.output == """
                    DATE        OBJECTS  COMPLETE  ABSENT  MISSING  ROWS  SIZE
                    2023-05-23        6         0       0        6     0   0 B
                    2 of 2 VMs are up (2 in asia-northeast1-a)
                    watch: monitor-tick-download all 2023-05-23; the same command again heals what is lost

                    """
            )
            #expect(
                world.changes.sorted() == [
                    "POST asia-northeast1/addresses", "POST asia-northeast1/routers",
                    "POST default/setPrivateIpGoogleAccess", "POST instances/bulkInsert", "POST market-data-tick/o",
                ]
            )
            #expect(world.changes.last == "POST instances/bulkInsert")
            try await world.settle()
            #expect(world.vms == ["tick-data-vm-0", "tick-data-vm-1"])
            world.mark()
            let second = await world.call(FleetTools.orchestrate, words)
            #expect(second.status == .done)
            #expect(world.changes == [])
            #expect(second.output.hasSuffix("0 of 2 shards are finished, 2 VMs work\nnothing to do\n"))
            let insert = try #require(world.sandbox.recorder.requests.last { $0.url.contains("bulkInsert") }?.body)
            let items = insert["instanceProperties"]?["metadata"]?["items"]?.array ?? []
            let told = Dictionary(items.map { ($0["key"]?.string ?? "", $0["value"]?.string ?? "") }) { $1 }
            #expect(told["tick-plan"] == "plan.json")
            #expect(told["tick-bucket"] == CommandWorld.bucket)
        }
    }

    @Test("a dry run tells what a launch would do, and does nothing of it")
    func dryRun() async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.orchestrate, words + ["--dry-run", "--output", "json"])
            #expect(ended.status == .done)
            let document = try ended.json()
            #expect(document["dry_run"] == true)
            #expect(document["create"] == ["tick-data-vm-0", "tick-data-vm-1"])
            #expect(document["finished"] == 0)
            #expect(document["estimate"]?["files"] == 6)
            #expect(
                document["before"] == [
                    "write gs://market-data-tick/_runs/2023-05-23/plan.json", "reserve the address tick-data-egress",
                    "switch Private Google Access on", "create the router tick-data-router with Cloud NAT",
                ]
            )
            let found = (document["findings"]?.array ?? []).map { $0["result"]?.string }
            #expect(found.count == 15)
            #expect(Set(found) == ["ok", "warning"])
            let lines = await world.call(FleetTools.orchestrate, words + ["--dry-run", "--output", "jsonl"])
            #expect(
                lines.output
                    == (0..<2).map {
                        #"{"shard":\#($0),"vm":"tick-data-vm-\#($0)","zone":null,"state":"PLANNED","objects":3,"missing":3,"#
                            + #""action":"create"}"# + "\n"
                    }.joined()
            )
            #expect(world.changes == [])
        }
    }

    @Test("a no leaves everything as it is")
    func no() async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.orchestrate, words, answers: ["n"])
            #expect(ended.status == .done)
            #expect(world.changes == [])
            #expect(ended.output == "")
            #expect(ended.messages.hasSuffix("Go on? [y/N] Nothing was changed.\n"))
        }
    }

    @Test("--wait stays until the date is complete")
    func wait() async throws {
        try await CommandWorld.run { world in
            world.onSleep {
                try await world.settle()
                for shard in 0..<2 { try await world.download(try CommandWorld.objects(shard)) }
            }
            let ended = await world.call(FleetTools.orchestrate, words + ["--wait", "--poll", "0.05"])
            #expect(ended.status == .done, "\(ended.messages)")
            #expect(
                ended.output.contains("2023-05-23        6         6       0        0    60  384 B\n"),
                "\(ended.output)"
            )
            #expect(world.changes.count { $0.hasSuffix("bulkInsert") } == 1)
        }
    }

    @Test("a run of one VM shares an address when other runs' VMs are there: two addresses would lock each other's key")
    func twoRunsOfOne() async throws {
        try await CommandWorld.run { world in
            let words = ["--instances", "1", "--symbols", "BTCUSDT", "--progress", "quiet", "--output", "json"]
            let first = await world.call(FleetTools.orchestrate, words + ["--date", "2023-05-23"])
            #expect(first.status == .done)
            #expect(try first.json()["egress"] == "direct")
            try await world.settle()
            let second = await world.call(FleetTools.orchestrate, words + ["--date", "2023-05-24", "--dry-run"])
            #expect(second.status == .done)
            #expect(try second.json()["egress"] == "shared")
            let said = (try second.json()["findings"]?.array ?? []).filter { $0["check"] == "egress" }
            #expect(said.map { $0["result"] } == ["ok", "warning"])
            #expect(
                said.last?["found"]?.string?.hasPrefix("tick-data-vm-0 of another run has an address of its own")
                    == true
            )
            let forced = await world.call(
                FleetTools.orchestrate,
                words + ["--date", "2023-05-24", "--dry-run", "--egress", "direct"]
            )
            #expect(try forced.json()["egress"] == "direct")
            #expect(forced.messages.contains("direct: 2 VMs have 2 addresses"))
        }
    }

    @Test("all that is wrong is said at once, and nothing is made")
    func refused() async throws {
        try await CommandWorld.run(adjust: { $0.images = [] }) { world in
            let ended = await world.call(
                FleetTools.orchestrate,
                words + ["--output", "json"],
                environment: ["TARDIS_API_KEY": "another-key"]
            )
            #expect(ended.status == .credentials)
            let found = (try ended.json()["findings"]?.array ?? []).filter { $0["result"] == "error" }
            #expect(found.map { $0["check"] } == ["image", "Tardis key"])
            #expect(found.map { $0["exit_status"] } == [2, 4])
            #expect(ended.messages.hasSuffix("nothing was made: 2 checks failed, see above\n"))
            #expect(world.changes == [])
        }
    }

    @Test(
        "a command line that cannot be is refused before anything is asked",
        arguments: [
            (["--date", "2023-05-23", "--bucket", "./data"], "VMs cannot write to"),
            (["--date", "2023-02-30"], "--date 2023-02-30"),
            (["--date", "2023-05-23", "--start-shard", "1", "--end-shard", "0"], "--start-shard 1 is behind"),
            (["--date", "2023-05-23", "--zone", "us-east1-b", "--zones", "us-east1-c"], "exclude each other"),
        ]
    )
    func usage(words: [String], sentence: String) async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.orchestrate, words)
            #expect(ended.status == .usage)
            #expect(ended.messages.contains(sentence), "\(ended.messages)")
            #expect(ended.output == "")
            #expect(world.requests == 0)
        }
    }
}
