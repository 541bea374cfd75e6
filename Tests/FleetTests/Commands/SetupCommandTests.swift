import Common
import Console
import FleetModel
import GoogleCloud
import Sandbox
import Testing
import Text

@testable import Fleet

/// `setup-iam` as a whole.
@Suite(.serialized) struct SetupCommandTests {
    private let roles = ["roles/storage.objectAdmin", "roles/artifactregistry.reader", "roles/compute.instanceAdmin"]

    @Test("the roles are granted by one write, and the second run writes nothing")
    func twice() async throws {
        try await CommandWorld.run { world in
            let check = await world.call(FleetTools.setupIAM, ["--check"])
            #expect(check.status == .incomplete)
            #expect(world.changes == [])
            let first = await world.call(FleetTools.setupIAM, ["--output", "json"])
            #expect(first.status == .done)
            let items = try #require(try first.json()["items"]?.array)
            #expect(items.map { $0["name"]?.string } == roles)
            #expect(items.map { $0["after"] } == ["added", "added", "added"])
            #expect(try first.json()["written"] == true)
            #expect(world.changes == ["POST projects/central-element-323112:setIamPolicy"])
            world.mark()
            let second = await world.call(FleetTools.setupIAM, [])
            #expect(second.status == .done)
            #expect(world.changes == [])
            #expect(
                second.output.hasPrefix(
                    "WHAT                           ON                              BEFORE  AFTER\n"
                )
            )
            #expect(second.messages.hasSuffix("nothing is missing; nothing was written\n"))
            #expect(await world.call(FleetTools.setupIAM, ["--check"]).status == .done)
        }
    }

    @Test("a new project gets its APIs, repository and secret, and the key is never shown")
    func everything() async throws {
        let words = ["--enable-apis", "--create-repository", "--secret", "tardis-key"]
        try await CommandWorld.run(adjust: {
            $0.project = Sandbox.CloudProject(enabled: Sandbox.CloudProject.newProjectAPIs); $0.images = []
        }) { world in
            let dry = await world.call(FleetTools.setupIAM, words + ["--dry-run"])
            #expect(dry.status == .done, "\(dry.messages)")
            #expect(world.changes == [])
            #expect(dry.output.ranges(of: "would be added").count == 12)
            let ended = await world.call(FleetTools.setupIAM, words)
            #expect(ended.status == .done, "\(ended.messages)")
            #expect(
                world.changes == [
                    "POST central-element-323112/services:batchEnable", "POST asia-northeast1/repositories",
                    "POST central-element-323112/secrets", "POST secrets/tardis-key:addVersion",
                    "POST secrets/tardis-key:setIamPolicy", "POST projects/central-element-323112:setIamPolicy",
                ]
            )
            world.mark()
            #expect(await world.call(FleetTools.setupIAM, words).status == .done)
            #expect(world.changes == [])
        }
    }

    @Test("--remove asks, and takes away what it granted")
    func remove() async throws {
        try await CommandWorld.run { world in
            _ = await world.call(FleetTools.setupIAM, [])
            world.mark()
            let refused = await world.call(FleetTools.setupIAM, ["--remove"])
            #expect(refused.status == .usage)
            let no = await world.call(FleetTools.setupIAM, ["--remove"], answers: ["no"])
            #expect(no.status == .failed)
            #expect(world.changes == [])
            let yes = await world.call(FleetTools.setupIAM, ["--remove", "--yes", "--output", "jsonl"])
            #expect(yes.status == .done)
            #expect(yes.output.ranges(of: #""after":"removed""#).count == 3)
            #expect(world.changes == ["POST projects/central-element-323112:setIamPolicy"])
            #expect(await world.call(FleetTools.setupIAM, ["--check"]).status == .incomplete)
        }
    }

    @Test(
        "what cannot be is refused before anything is asked",
        arguments: [
            (["--service-account", "me@example.com"], "is not the e-mail address of a service account"),
            (["--project", "a/b"], "is not a project's id"),
            (["--key-file", "-"], "--key-file needs --secret"),
            (["--remove", "--check"], "exclude each other"),
            (["--secret", "a b"], "is neither NAME nor"),
        ]
    )
    func usage(words: [String], sentence: String) async throws {
        try await CommandWorld.run { world in
            let ended = await world.call(FleetTools.setupIAM, words)
            #expect(ended.status == .usage)
            #expect(ended.messages.contains(sentence), "\(ended.messages)")
            #expect(world.requests == 0)
        }
    }
}
