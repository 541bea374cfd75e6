import Common
import Console
import FleetModel
import GoogleCloud
import Testing
import Text

@testable import Fleet

/// `cleanup-tick-vms` as a whole.
@Suite(.serialized) struct CleanupCommandTests {
    private func launch(_ world: CommandWorld) async throws {
        let words = ["--date", "2023-05-23", "--instances", "2", "--progress", "quiet"]
        #expect(await world.call(FleetTools.orchestrate, words).status == .done)
        try await world.settle()
        world.mark()
    }

    @Test("where there is nothing it says so and asks nobody")
    func nothing() async throws {
        try await CommandWorld.run { world in
            for words in [[], ["--dry-run"]] {
                let ended = await world.call(FleetTools.cleanup, words, answers: [])
                #expect(ended.status == .done)
                #expect(ended.output == "")
                #expect(ended.messages == "there is nothing to delete\n")
            }
            #expect(world.changes == [])
        }
    }

    @Test("without a terminal VMs at work are left, with 2 when there are no others")
    func atWork() async throws {
        try await CommandWorld.run { world in
            try await launch(world)
            try await world.heartbeat(0, .running)
            try await world.heartbeat(1, .running)
            world.mark()
            let ended = await world.call(FleetTools.cleanup, ["--progress", "quiet"])
            #expect(ended.status == .usage)
            #expect(ended.messages.contains("give --force to delete them, too"))
            #expect(world.changes == [])
            #expect(world.vms == ["tick-data-vm-0", "tick-data-vm-1"])
            try await world.download(try CommandWorld.objects(0))
            try await world.heartbeat(0, .done)
            let half = await world.call(FleetTools.cleanup, ["--progress", "quiet", "--output", "json"])
            let lines = try #require(try half.json()["lines"]?.array)
            #expect(
                lines.map { $0["name"] } == [
                    "tick-data-vm-0", "router tick-data-router, address tick-data-egress", "tick-data-vm-1",
                ]
            )
            #expect(lines.map { $0["result"] } == ["deleted", "left", "needs_force"])
            #expect(lines.last?["note"] == "2023-05-23 RUNNING, 0 of 3 files")
            #expect(half.status == .partial)
            #expect(world.vms == ["tick-data-vm-1"])
            let rest = await world.call(FleetTools.cleanup, ["--force", "--progress", "quiet", "--output", "jsonl"])
            #expect(rest.status == .done)
            #expect(rest.output.split(separator: "\n").count == 2)
            #expect(
                world.changes.suffix(3).sorted() == [
                    "DELETE addresses/tick-data-egress", "DELETE instances/tick-data-vm-1",
                    "DELETE routers/tick-data-router",
                ]
            )
            #expect(world.vms == [])
        }
    }

    @Test("on a terminal it asks twice where VMs are at work, and a no leaves them")
    func asks() async throws {
        try await CommandWorld.run { world in
            try await launch(world)
            try await world.heartbeat(0, .running)
            try await world.heartbeat(1, .running)
            world.mark()
            let no = await world.call(FleetTools.cleanup, ["--progress", "quiet"], answers: ["n", "n"])
            #expect(no.status == .done)
            #expect(no.messages.hasSuffix("2 VMs are at work on unfinished shards. Delete them, too? [y/N] "))
            #expect(world.changes == [])
            #expect(world.vms.count == 2)
            let yes = await world.call(FleetTools.cleanup, ["--progress", "quiet"], answers: ["y", "y"])
            #expect(yes.status == .done)
            #expect(world.vms == [])
        }
    }

    @Test("--dry-run changes nothing")
    func dryRun() async throws {
        try await CommandWorld.run { world in
            try await launch(world)
            let ended = await world.call(FleetTools.cleanup, ["--dry-run", "--force"])
            #expect(ended.status == .done)
            #expect(ended.output.components(of: "would delete") == 3, "\(ended.output)")
            #expect(world.changes == [])
        }
    }

    @Test("--older-than goes by the services' clock, whatever this machine's says")
    func olderThan() async throws {
        try await CommandWorld.run { world in
            try await launch(world)
            let ended = await world.call(
                FleetTools.cleanup,
                ["--older-than", "1h", "--force", "--dry-run"],
                clockLead: .seconds(7_200)
            )
            #expect(ended.status == .done)
            #expect(ended.output.components(of: "would delete") == 0, "\(ended.output)")
        }
    }

    @Test("a project that is not there is named")
    func wrongProject() async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.cleanup, ["--project", "no-such-project"])
            #expect(ended.status == .usage)
            #expect(ended.messages.contains("is --project no-such-project right?"))
            #expect(ended.output == "")
        }
    }
}

extension String {
    fileprivate func components(of word: String) -> Int { ranges(of: word).count }
}
