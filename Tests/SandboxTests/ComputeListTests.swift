import Sandbox
import Testing
import Text

@Suite struct ComputeListTests {
    /// Three VMs: two of the kit in two zones, of which one stands still, and a stranger.
    private func fleet(_ faults: [String] = []) throws -> ComputeWorld {
        let world = try ComputeWorld(faults)
        let kit: JSONValue = ["tick-kit": "1-0-0", "tick-run": "r1"]
        let spot: JSONValue = ["provisioningModel": "SPOT", "instanceTerminationAction": "STOP"]
        try world.service.plant(
            [
                "name": "tick-data-vm-0", "labels": kit, "scheduling": spot,
                "metadata": ["items": [["key": "a", "value": "b"]]],
            ],
            zone: "asia-northeast1-a"
        )
        try world.service.plant(["name": "tick-data-vm-1", "labels": kit], zone: "asia-northeast1-b")
        try world.service.plant(["name": "other", "labels": ["owner": "me"]], zone: "us-central1-f")
        _ = try world.done(try world.post("/instances/tick-data-vm-0/stop", nil))
        return world
    }

    private func found(_ filter: String, _ world: ComputeWorld) throws -> Answer {
        let query = percentEncoded(filter)
        return try world.get("/aggregated/instances?filter=\(query)", in: ComputeWorld.project)
    }

    @Test func filtersOfBothFormsWork() throws {
        let world = try fleet()
        let cases: [(String, [String])] = [
            ("labels.tick-kit:*", ["tick-data-vm-0", "tick-data-vm-1"]), ("labels.owner:*", ["other"]),
            ("NOT labels.tick-kit:*", ["other"]), ("-labels.tick-kit:*", ["other"]),
            ("labels.tick-run = r1", ["tick-data-vm-0", "tick-data-vm-1"]), ("labels.tick-run=r2", []),
            ("status = RUNNING", ["tick-data-vm-1", "other"]), ("status != RUNNING", ["tick-data-vm-0"]),
            ("(labels.tick-kit:*) (status = RUNNING)", ["tick-data-vm-1"]),
            ("labels.tick-kit:* AND status = \"RUNNING\"", ["tick-data-vm-1"]),
            ("name = other OR name = tick-data-vm-1 AND status = RUNNING", ["tick-data-vm-1", "other"]),
            ("(name = other) OR (status = TERMINATED)", ["tick-data-vm-0", "other"]),
            ("scheduling.preemptible = true", ["tick-data-vm-0"]),
            ("scheduling.automaticRestart = true", ["tick-data-vm-1", "other"]),
            ("metadata.items.key = a", ["tick-data-vm-0"]), ("name : TICK", ["tick-data-vm-0", "tick-data-vm-1"]),
            ("name > other", ["tick-data-vm-0", "tick-data-vm-1"]),
            ("name eq tick-.*", ["tick-data-vm-0", "tick-data-vm-1"]),
            ("name eq tick", []), ("name ne 'tick-.*'", ["other"]),
            ("(name eq .*vm-(0|7)) (status eq TERM.*)", ["tick-data-vm-0"]),
            ("zone eq \".*/us-.*\"", ["other"]),
        ]
        for (filter, names) in cases {
            let answer = try found(filter, world)
            #expect(ComputeWorld.names(answer.json) == names, "\(filter): \(answer.text.prefix(300))")
        }
        #expect(world.recorder.violations.isEmpty)
    }

    @Test(arguments: [
        "name ~ tick", "name", "name =", "(name = a", "color = red", "name = a AND name eq b", "name eq (", "= a",
        "labels = \"x",
    ])
    func whatIsNoFilterIsRefused(filter: String) throws {
        let answer = try found(filter, try ComputeWorld())
        #expect(answer.status == 400)
        #expect(answer.text.contains("Invalid list filter expression."))
    }

    @Test func aggregatedListsNameEveryZone() throws {
        let world = try fleet()
        let json = try world.get("/aggregated/instances", in: ComputeWorld.project).json
        #expect(json["kind"] == "compute#instanceAggregatedList" && json["id"] == "projects/p-1/aggregated/instances")
        let places = json["items"]?.object?.members.map(\.key)
        #expect(
            places == [
                "zones/asia-northeast1-a", "zones/asia-northeast1-b", "zones/asia-northeast1-c", "zones/us-central1-a",
                "zones/us-central1-b", "zones/us-central1-c", "zones/us-central1-f",
            ]
        )
        #expect(
            json["items"]?["zones/us-central1-a"] == [
                "warning": [
                    "code": "NO_RESULTS_ON_PAGE",
                    "message": "There are no results for scope 'zones/us-central1-a' on this page.",
                    "data": [["key": "scope", "value": "zones/us-central1-a"]],
                ]
            ]
        )
        let all = try world.get("/aggregated/instances?includeAllScopes=True", in: ComputeWorld.project).json
        #expect(all["items"]?["global"]?["warning"] != nil && all["items"]?["regions/us-central1"]?["warning"] != nil)
    }

    @Test func pagesGoOnWhereTheLastEnded() throws {
        let world = try ComputeWorld()
        try world.bulk((0..<7).map { "vm-\($0)" })
        try world.bulk(["other"], in: "\(ComputeWorld.project)/zones/asia-northeast1-b")
        var token = ""
        var pages: [[String]] = []
        repeat {
            let query = "maxResults=3\(token.isEmpty ? "" : "&pageToken=\(token)")"
            let page = try world.get("/aggregated/instances?\(query)", in: ComputeWorld.project).json
            pages.append(ComputeWorld.names(page))
            // What goes between two pages does not make the next one lose anything.
            if pages.count == 1 {
                _ = try world.done(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/vm-0"))
            }
            token = page["nextPageToken"]?.string ?? ""
        } while !token.isEmpty
        #expect(pages == [["vm-0", "vm-1", "vm-2"], ["vm-3", "vm-4", "vm-5"], ["vm-6", "other"]])
        #expect(try world.get("/instances?pageToken=nonsense").status == 400)
        #expect(try world.get("/instances?maxResults=501").status == 400)
        #expect(try world.get("/instances?maxResults=-1").status == 400)
        #expect(try world.get("/instances?orderBy=status").status == 400)
        let newest = try world.get("/instances?orderBy=creationTimestamp%20desc&maxResults=2").json
        #expect(ComputeWorld.names(newest) == ["vm-6", "vm-5"])
    }

    @Test func fieldsAreChosen() throws {
        let world = try fleet()
        let answer = try world.get("/instances?fields=items(name,labels/tick-run),nextPageToken").json
        #expect(answer == ["items": [["name": "tick-data-vm-0", "labels": ["tick-run": "r1"]]]])
    }

    @Test func aZoneThatDoesNotAnswerIsNamed() throws {
        let world = try fleet(["unreachable zone=asia-northeast1-b"])
        #expect(try world.get("/aggregated/instances", in: ComputeWorld.project).status == 503)
        let path = "/aggregated/instances?returnPartialSuccess=true"
        let json = try world.get(path, in: ComputeWorld.project).json
        #expect(json["unreachables"] == ["zones/asia-northeast1-b"])
        #expect(json["items"]?["zones/asia-northeast1-b"]?["warning"]?["code"] == "UNREACHABLE")
        #expect(ComputeWorld.names(json) == ["tick-data-vm-0", "other"])
    }
}
