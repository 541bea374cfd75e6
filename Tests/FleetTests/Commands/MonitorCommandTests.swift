import Common
import Console
import FleetModel
import GoogleCloud
import Sandbox
import Testing
import Text

@testable import Fleet

/// `monitor-tick-download` as a whole: what is on the screen, in the document, in the status, and what it cost.
@Suite(.serialized) struct MonitorCommandTests {
    private let day = "2023-05-23"

    /// A date in the middle: shard 0 is complete, shard 1 has two of three files.
    private func begin(_ world: CommandWorld) async throws {
        let registry = try InstrumentRegistry(csv: CommandWorld.instruments, path: "i")
        let plan = Plan(date: try date(day), instruments: registry.instruments, shards: 2, created: 0)
        _ = try await PlanStore(world.store).keep([plan])
        try await world.download(try CommandWorld.objects(0))
        try await world.download(Array(try CommandWorld.objects(1).dropLast()))
        world.mark()
    }

    @Test("a bucket without dates says so")
    func nothing() async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.monitor, [])
            #expect(ended.status == .done)
            #expect(
                ended.output
                    == "no run is in gs://market-data-tick yet: orchestrate-tick-download --date DATE starts one\n"
            )
            let date = await world.call(FleetTools.monitor, ["all", day, "--exit-status"])
            #expect(date.status == .incomplete)
            #expect(
                date.output.contains(
                    "no plan of the date is there; what is expected is told by the instrument registry"
                )
            )
        }
    }

    @Test("one date: three requests, what is missing by name, and a status that a script can use")
    func all() async throws {
        try await CommandWorld.run { world in
            try await begin(world)
            let ended = await world.call(FleetTools.monitor, ["all", day])
            #expect(ended.status == .done)
            #expect(world.requests == 3)
            #expect(world.changes == [])
            #expect(
                ended.output.hasPrefix(
                    """
                    2023-05-23 in gs://market-data-tick is not complete, and nobody downloads it
                    5 of 6 files (83%), 50 rows, 320 B of Parquet

                    """
                )
            )
            #expect(ended.output.contains("    1  -   PLANNED    2/3   66%     -     -      -\n"))
            #expect(ended.output.hasSuffix("with the options of the first time, downloads what is missing\n"))
            let document = await world.call(FleetTools.monitor, ["all", day, "--output", "json", "--exit-status"])
            #expect(document.status == .incomplete)
            let files = try document.json()["files"]
            #expect(files?["whole"] == 5)
            #expect(files?["missing"] == 1)
            #expect(try document.json()["shards"]?["states"] == ["PLANNED": 1, "DONE": 1])
            try await world.download(try CommandWorld.objects(1))
            #expect(await world.call(FleetTools.monitor, ["all", day, "--exit-status"]).status == .done)
        }
    }

    @Test("verify ends with 7 for a missing object, 6 for one that was changed, 0 when all is as it was written")
    func verify() async throws {
        try await CommandWorld.run { world in
            try await begin(world)
            let missing = await world.call(FleetTools.monitor, ["verify", day])
            #expect(missing.status == .incomplete)
            #expect(
                missing.output.hasPrefix("2023-05-23 is not complete: 5 of 6 expected objects are there and right\n")
            )
            let gone = try #require(try CommandWorld.objects(1).last)
            #expect(missing.output.contains("MISSING (1)\n  \(gone.name)\n"))
            try await world.download(try CommandWorld.objects(1))
            #expect(await world.call(FleetTools.monitor, ["verify", day]).status == .done)
            let victim = try #require(try CommandWorld.objects(0).first)
            let metadata = try #require(try await world.store.info(victim.name)).metadata
            _ = try await world.store.put(victim.name, [1, 2], options: PutOptions(metadata: metadata))
            let damaged = await world.call(FleetTools.monitor, ["verify", day, "--output", "json"])
            #expect(damaged.status == .integrity)
            #expect(
                try damaged.json()["damaged"] == [
                    ["object": .string(victim.name), "reason": "2 bytes are too few for a Parquet file"]
                ]
            )
        }
    }

    @Test("VMs, overview, files and cost are views of the same")
    func views() async throws {
        try await CommandWorld.run { world in
            _ = await world.call(FleetTools.orchestrate, ["--date", day, "--instances", "2", "--progress", "quiet"])
            try await world.settle()
            world.mark()
            let expected = [
                (["vms"], "tick-data-vm-1  asia-northeast1-a  RUNNING"), (["vms", day], "STARTING    0/3"),
                ([], "2023-05-23  working    0/6    0%     0/2    2"), (["gcs", day], "is being downloaded"),
                (["cost", day], "estimate: 2 preemptible e2-highmem-2 for"), (["cost"], "2023-05-23    2"),
                (["logs", "1"], "tick-data-vm-1: a sandbox VM (e2-highmem-2) boots in asia-northeast1-a"),
            ]
            for (view, text) in expected {
                let ended = await world.call(FleetTools.monitor, view)
                #expect(ended.status == .done)
                #expect(ended.output.contains(text), "\(view): \(ended.output)")
                let document = await world.call(FleetTools.monitor, view + ["--output", "json"])
                #expect(try document.json()["schema"] == 1, "\(view)")
            }
            #expect(world.changes == [])
            // What one view says of a date, all say.
            for view in ["all", "gcs", "verify", "vms"] {
                let document = await world.call(FleetTools.monitor, [view, day, "--output", "json"])
                if view != "verify" { #expect(try document.json()["verdict"] == "working", "\(view)") }
                let ended = await world.call(FleetTools.monitor, [view, day, "--exit-status"])
                #expect(ended.status == (view == "verify" ? .incomplete : .temporary), "\(view)")
            }
        }
    }

    @Test("where the VMs cannot be listed, nothing is said of who downloads")
    func unknownVMs() async throws {
        try await CommandWorld.run(adjust: { $0.project.deny("compute.instances.list") }) { world in
            try await begin(world)
            let ended = await world.call(FleetTools.monitor, ["all", day])
            #expect(ended.status == .done)
            #expect(
                ended.output.hasPrefix("2023-05-23 in gs://market-data-tick is not complete; VMs could not be listed\n")
            )
            #expect(ended.output.contains("VMs are left out: "))
        }
    }

    @Test("--watch looks again and ends with the date")
    func watch() async throws {
        try await CommandWorld.run { world in
            _ = await world.call(FleetTools.orchestrate, ["--date", day, "--instances", "2", "--progress", "quiet"])
            try await world.settle()
            world.onSleep {
                for shard in 0..<2 { try await world.download(try CommandWorld.objects(shard)) }
            }
            let ended = await world.call(
                FleetTools.monitor,
                ["all", day, "--watch", "5", "--exit-status", "--output", "jsonl"]
            )
            #expect(ended.status == .done)
            let looks = try ended.output.split(separator: "\n").map {
                try JSONValue(parsing: Array($0.utf8))["verdict"]
            }
            #expect(looks == ["working", "whole"])
        }
    }

    @Test("a folder has no VMs, and says so")
    func folder() async throws {
        try await CommandWorld.run { world in
            for view in [["vms"], ["cost", day]] {
                let ended = await world.call(FleetTools.monitor, view + ["--bucket", "./data"])
                #expect(ended.status == .usage)
                #expect(ended.messages.contains("is a folder"), "\(ended.messages)")
            }
            #expect(world.requests == 0)
        }
    }
}
