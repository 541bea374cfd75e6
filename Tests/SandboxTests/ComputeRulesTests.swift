import Sandbox
import Testing
import Text

@Suite struct ComputeRulesTests {
    @Test(arguments: [
        ("name", #""Bad_Name""#, "name"), ("name", #""ends-""#, "name"),
        ("machineType", #""zones/asia-northeast1-a/machineTypes/e9-huge-1""#, "Machine type with name 'e9-huge-1'"),
        ("machineType", #""zones/asia-northeast1-b/machineTypes/e2-small""#, "must be in zone 'asia-northeast1-a'"),
        ("disks", "[]", "Boot disk must be specified"),
        (
            "disks",
            #"[{"boot":true,"initializeParams":{"sourceImage":"projects/debian-cloud/global/images/family/x"}}]"#,
            "The referenced image resource cannot be found."
        ),
        (
            "disks",
            #"[{"boot":true,"initializeParams":{"diskSizeGb":"5","sourceImage":"projects/cos-cloud/global/images/family/cos-stable"}}]"#,
            "cannot be smaller than the image size (10 GB)"
        ), ("networkInterfaces", #"[{"network":"global/networks/nope"}]"#, "network resource cannot be found"),
        ("networkInterfaces", #"[{"subnetwork":"regions/us-central1/subnetworks/default"}]"#, "subnetwork resource"),
        ("labels", #"{"Tick":"x"}"#, "Label key 'Tick'"), ("labels", #"{"9x":"x"}"#, "Label key '9x'"),
        ("labels", #"{"tick":"1.0.0"}"#, "Label value '1.0.0'"),
        ("metadata", #"{"items":[{"key":"a b","value":""}]}"#, "Must be a match of regex"),
        ("metadata", #"{"items":[{"key":"a","value":""},{"key":"a","value":""}]}"#, "duplicate keys"),
        ("scheduling", #"{"preemptible":true,"automaticRestart":true}"#, "AutomaticRestart"),
        ("scheduling", #"{"provisioningModel":"SPOT","onHostMaintenance":"MIGRATE"}"#, "must be TERMINATE"),
        ("scheduling", #"{"maxRunDuration":{"seconds":"3600"}}"#, "instance termination action"),
        ("scheduling", #"{"instanceTerminationAction":"DELETE"}"#, "needs a Spot VM or a limited run time"),
        (
            "scheduling", #"{"maxRunDuration":{"seconds":"5"},"instanceTerminationAction":"STOP"}"#,
            "between 30 seconds and 120 days"
        ), ("serviceAccounts", #"[{"email":"a@b"},{"email":"c@d"}]"#, "At most one service account"),
    ])
    func whatThePlatformRefusesIsRefused(field: String, value: String, words: String) throws {
        let world = try ComputeWorld()
        let value = try JSONValue(parsing: value)
        let answer = try world.post("/instances", ComputeWorld.body("vm", [(field, value)]))
        #expect(answer.status == 400)
        #expect(answer.text.contains(words), "\(answer.text)")
        #expect(world.service.instances.isEmpty)
    }

    @Test func metadataHasLimits() throws {
        let world = try ComputeWorld()
        func answer(_ sizes: [Int]) throws -> Answer {
            let items = sizes.enumerated().map { index, size -> JSONValue in
                ["key": .string("k\(index)"), "value": .string(String(repeating: "x", count: size))]
            }
            return try world.post("/instances", ComputeWorld.body("vm", [("metadata", ["items": .array(items)])]))
        }
        #expect(try answer([262_145]).text.contains("Metadata value is too large"))
        #expect(try answer([262_144, 262_144]).text.contains("Metadata is too large"))
        #expect(try answer([262_144, 200_000]).status == 200)
    }

    @Test(arguments: [
        ("/instances/x", "/compute/v1/projects/p-1/zones/mars-a", 400, "invalid", "Unknown zone."),
        ("/instances", "/compute/v1/projects/other/zones/asia-northeast1-a", 404, "notFound", "'projects/other'"),
        ("/subnetworks", "/compute/v1/projects/p-1/regions/mars", 400, "invalid", "Unknown region."),
        ("", "/compute/v1/projects/p-1/zones/mars-a", 404, "notFound", "'projects/p-1/zones/mars-a' was not found"),
        ("/machineTypes/e9", ComputeWorld.zone, 404, "notFound", "asia-northeast1-a/machineTypes/e9' was not found"),
        ("/operations/op", ComputeWorld.zone, 404, "notFound", "/operations/op' was not found"),
        ("/instances/x/serialPort", ComputeWorld.zone, 404, "notFound", "instances/x' was not found"),
        (
            "/global/images/family/x", "/compute/v1/projects/debian-cloud", 404, "notFound",
            "'projects/debian-cloud/global/images/family/x' was not found"
        ),
    ])
    func whatIsNotThereIsSaid(path: String, place: String, status: Int, reason: String, words: String) throws {
        let world = try ComputeWorld()
        let answer = try world.get(path, in: place)
        #expect(answer.status == status)
        #expect(answer.json["error"]?["errors"]?.array?.first?["reason"]?.string == reason)
        #expect(answer.json["error"]?["message"]?.string?.contains(words) == true, "\(answer.text)")
    }

    @Test func breachesOfTheContractAreNoted() throws {
        let world = try ComputeWorld()
        let body = ComputeWorld.body("vm", [("color", "red"), ("status", "RUNNING")])
        #expect(try world.post("/instances", body).status == 400)
        #expect(try world.get("/instances?size=5").status == 400)
        #expect(try world.get("/instances?fields=items(nome)").status == 400)
        #expect(try world.client.call("PUT", "\(ComputeWorld.zone)/instances", body: []).status == 405)
        #expect(try world.get("/nothing").status == 404)
        let words = ["body.color: no such field", "body.status: output-only", "parameter size", "items/nome", "only"]
        for word in words { #expect(world.recorder.violations.contains { $0.contains(word) }, "\(word)") }
    }

    @Test func tokensAreAskedFor() throws {
        let world = try ComputeWorld { $0.isAuthorized = { $0 == "Bearer good" } }
        #expect(try world.get("/instances").status == 401)
        let path = "\(ComputeWorld.zone)/instances"
        #expect(try world.client.call("GET", path, ["Authorization": "Bearer good"]).status == 200)
    }

    @Test func aNameIsTakenOnce() throws {
        let world = try ComputeWorld()
        try world.bulk(["a"])
        for answer in [
            try world.post("/instances", ComputeWorld.body("a")),
            try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["b", "a"])),
        ] {
            #expect(answer.status == 409)
            #expect(
                answer.json["error"] == [
                    "code": 409,
                    "message": "The resource 'projects/p-1/zones/asia-northeast1-a/instances/a' already exists",
                    "errors": [
                        [
                            "message":
                                "The resource 'projects/p-1/zones/asia-northeast1-a/instances/a' already exists",
                            "domain": "global", "reason": "alreadyExists",
                        ]
                    ],
                ]
            )
        }
        #expect(world.service.instances.map(\.name) == ["a"])
    }

    @Test func changesNeedTheFingerprint() throws {
        let world = try ComputeWorld()
        try world.bulk(["a"])
        let vm = try world.get("/instances/a").json
        let items: JSONValue = [["key": "k", "value": "v"]]
        let stale = try world.post("/instances/a/setMetadata", ["items": items, "fingerprint": "AAAAAAAAAAA="])
        #expect(stale.status == 412)
        #expect(stale.text.contains("Supplied fingerprint does not match current metadata fingerprint."))
        let fingerprint = vm["metadata"]?["fingerprint"] ?? ""
        let fresh = try world.post("/instances/a/setMetadata", ["items": items, "fingerprint": fingerprint])
        #expect(try world.done(fresh)["status"] == "DONE")
        #expect(try world.get("/instances/a").json["metadata"]?["items"] == items)
        let labels: JSONValue = ["labels": ["new": "x"], "labelFingerprint": vm["labelFingerprint"] ?? ""]
        #expect(try world.done(try world.post("/instances/a/setLabels", labels))["error"] == nil)
        #expect(try world.post("/instances/a/setLabels", labels).status == 412)
        #expect(try world.get("/instances/a").json["labels"] == ["new": "x"])
    }

    @Test func protectedVMsStay() throws {
        let world = try ComputeWorld()
        let made = try world.post("/instances", ComputeWorld.body("a", [("deletionProtection", true)]))
        _ = try world.done(made)
        let refused = try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a")
        #expect(refused.status == 400 && refused.text.contains("protected against deletion"))
        #expect(world.service.instances.map(\.status) == ["RUNNING"])
    }

    @Test func aProjectSharesItsTokensAccountsAndPermissions() throws {
        let cloud = CloudProject(id: "p-1", number: 77, serviceAccount: "sa@p-1.iam.gserviceaccount.com")
        cloud.tokens.accept("t", of: "operator@example.com")
        let world = try ComputeWorld(options: ComputeOptions(cloud: cloud))
        let headers = ["Authorization": "Bearer t"]
        func insert(_ body: JSONValue) throws -> Answer {
            try world.client.call("POST", "\(ComputeWorld.zone)/instances", headers, json: body)
        }
        func failure(_ answer: Answer) throws -> JSONValue? {
            let name = try #require(answer.json["name"]?.string)
            let path = "\(ComputeWorld.zone)/operations/\(name)/wait"
            return try world.client.call("POST", path, headers, body: []).json["error"]?["errors"]?.array?.first?[
                "code"
            ]
        }
        #expect(try world.post("/instances", ComputeWorld.body("a")).status == 401)
        #expect(try failure(try insert(ComputeWorld.body("a"))) == nil)
        let stranger: JSONValue = [["email": "nobody@p-1.iam.gserviceaccount.com", "scopes": []]]
        #expect(
            try failure(try insert(ComputeWorld.body("b", [("serviceAccounts", stranger)])))
                == "EXTERNAL_RESOURCE_NOT_FOUND"
        )
        cloud.deny("iam.serviceAccounts.actAs")
        #expect(try failure(try insert(ComputeWorld.body("b"))) == "SERVICE_ACCOUNT_ACCESS_DENIED")
        cloud.deny("compute.instances.create")
        #expect(try insert(ComputeWorld.body("b")).status == 403)
        cloud.setEnabled("compute.googleapis.com", false)
        #expect(try insert(ComputeWorld.body("b")).text.contains("accessNotConfigured"))
    }
}
