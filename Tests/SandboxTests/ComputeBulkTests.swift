@testable import Sandbox
import Testing
import Text

@Suite struct ComputeBulkTests {
    @Test(arguments: [
        (#"{"count":"0","namePattern":"a-#"}"#, "Count must be between 1 and 5000."),
        (#"{"count":"5001","namePattern":"a-#"}"#, "Count must be between 1 and 5000."),
        (#"{"count":"2","minCount":"3","namePattern":"a-#"}"#, "Min count must be between 1 and count."),
        (#"{"count":"2"}"#, "Exactly one of namePattern and perInstanceProperties"),
        (#"{"count":"2","namePattern":"a-#-#"}"#, "One run of 1 to 18 #"),
        (#"{"count":"2","namePattern":"abc"}"#, "One run of 1 to 18 #"),
        (#"{"count":"2","namePattern":"A-#"}"#, "It makes no valid name: A-1"),
        (#"{"count":"2","perInstanceProperties":{"a":{}}}"#, "must be equal to count"),
        (#"{"count":"1","perInstanceProperties":{"A":{}}}"#, "Must be a match of regex"),
    ])
    func whatMakesNoSenseIsRefused(request: String, words: String) throws {
        let world = try ComputeWorld()
        var body = try JSONValue(parsing: request).object ?? [:]
        body["instanceProperties"] = ComputeWorld.bulkBody([])["instanceProperties"]
        let answer = try world.post("/instances/bulkInsert", .object(body))
        #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
        #expect(world.recorder.violations.isEmpty)
    }

    @Test func patternsGoOnAfterTheLargestNumber() throws {
        let world = try ComputeWorld()
        try world.service.plant(["name": "tick-0041"], zone: "asia-northeast1-a")
        try world.service.plant(["name": "tick-0099"], zone: "asia-northeast1-b")
        var body = ComputeWorld.bulkBody([]).object ?? [:]
        body["perInstanceProperties"] = nil
        body["namePattern"] = "tick-####"
        body["count"] = "2"
        _ = try world.done(try world.post("/instances/bulkInsert", .object(body)))
        let names = world.service.instances.filter { $0.zone == "asia-northeast1-a" }.map(\.name)
        #expect(names == ["tick-0041", "tick-0042", "tick-0043"])
    }

    @Test func aMachineTypesURLIsAnInternalError() throws {
        let world = try ComputeWorld()
        let url: JSONValue = "zones/asia-northeast1-a/machineTypes/e2-small"
        let operation = try world.bulk(["a"], [("machineType", url)])
        #expect(operation["error"]?["errors"]?.array?.first?["code"] == "INTERNAL_ERROR")
        #expect(operation["httpErrorStatusCode"] == 500 && world.service.instances.isEmpty)
    }

    @Test func eachVMHasAnOperationOfTheGroup() throws {
        let world = try ComputeWorld()
        let group = try #require(try world.bulk(["a", "b"])["operationGroupId"]?.string)
        let list = try world.get("/operations?filter=operationGroupId=\(group)").json["items"]?.array ?? []
        #expect(list.filter { $0["operationType"] == "insert" }.count == 2)
        let targets = Set(list.compactMap { $0["targetLink"]?.string?.split(separator: "/").last.map(String.init) })
        #expect(targets == ["a", "b", "asia-northeast1-a"])
        let other = try world.get("/operations?filter=operationGroupId=nope").json
        #expect(other["items"] == nil && other["kind"] == "compute#operationList")
    }

    @Test func anEmptyZoneSaysSoInFull() throws {
        let world = try ComputeWorld([
            "stock-out zone=asia-northeast1-a times=1 as=operation min-count=none zones-available=asia-northeast1-b,asia-northeast1-c"
        ])
        let operation = try world.bulk(["a", "b"])
        #expect(operation["status"] == "DONE" && operation["httpErrorStatusCode"] == 503)
        let error = try #require(operation["error"]?["errors"]?.array?.first)
        #expect(error["code"] == "ZONE_RESOURCE_POOL_EXHAUSTED")
        #expect(
            error["message"]
                == "The zone 'projects/p-1/zones/asia-northeast1-a' does not have enough resources available to fulfill the request.  Try a different zone, or try again later."
        )
        let info = error["errorDetails"]?.array?.compactMap { $0["errorInfo"] }.first
        #expect(info?["reason"] == "resource_availability")
        #expect(
            info?["metadatas"] == [
                "vmType": "e2-highmem-2", "zone": "asia-northeast1-a", "attachment": "",
                "zonesAvailable": "asia-northeast1-b,asia-northeast1-c",
            ]
        )
        #expect(world.service.instances.isEmpty)
        #expect(try world.bulk(["a", "b"])["error"] == nil)
    }

    @Test func whatWasMadeIsTakenBackWhenItIsTooLittle() throws {
        let world = try ComputeWorld(["capacity zone=asia-northeast1-a vms=2"])
        world.service.holdTime()
        let start = try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["a", "b", "c"]))
        #expect(world.service.instances.map(\.name) == ["a", "b"])
        let place = "zones/asia-northeast1-a"
        #expect(
            start.json["instancesBulkInsertOperationMetadata"]?["perLocationStatus"]?[place]?["status"]
                == "ROLLING_BACK"
        )
        world.service.releaseTime()
        let operation = try world.done(start)
        #expect(
            operation["error"]?["errors"]?.array?.map { $0["code"] }
                == ["VM_MIN_COUNT_NOT_REACHED", "ZONE_RESOURCE_POOL_EXHAUSTED"]
        )
        #expect(
            operation["instancesBulkInsertOperationMetadata"]?["perLocationStatus"]?[place] == [
                "targetVmCount": 3, "createdVmCount": 2, "failedToCreateVmCount": 1, "deletedVmCount": 2,
                "status": "DONE",
            ]
        )
        #expect(world.service.instances.isEmpty)
        #expect(try world.get("/disks").json["items"] == nil)
    }

    @Test func fewerAreMadeWhereThatIsEnough() throws {
        let world = try ComputeWorld(["capacity zone=asia-northeast1-a vms=2"])
        var body = ComputeWorld.bulkBody(["a", "b", "c"]).object ?? [:]
        body["minCount"] = "1"
        let operation = try world.done(try world.post("/instances/bulkInsert", .object(body)))
        #expect(operation["error"] == nil && world.service.instances.map(\.status) == ["RUNNING", "RUNNING"])
    }

    @Test func aQuotaNamesItsLimit() throws {
        let world = try ComputeWorld(["quota metric=CPUS limit=24 region=asia-northeast1"])
        let names = (0..<13).map { "vm-\($0)" }
        let error = try world.bulk(names)["error"]?["errors"]?.array?.last
        #expect(error?["code"] == "QUOTA_EXCEEDED")
        #expect(error?["message"] == "Quota 'CPUS' exceeded.  Limit: 24.0 in region asia-northeast1.")
        #expect(
            error?["errorDetails"]?.array?.first?["quotaInfo"] == [
                "metricName": "compute.googleapis.com/cpus", "limitName": "CPUS-per-project-region",
                "dimensions": ["region": "asia-northeast1"], "limit": .double(24),
            ]
        )
        #expect(world.service.instances.isEmpty)
        #expect(try world.bulk(Array(names.prefix(12)))["error"] == nil)
        let quotas = try world.get("/regions/asia-northeast1", in: ComputeWorld.project).json["quotas"]?.array ?? []
        let cpus = quotas.first { $0["metric"] == "CPUS" }
        #expect(cpus == ["metric": "CPUS", "limit": .double(24), "usage": .double(24)])
        let refused = try world.post("/instances", ComputeWorld.body("one-more"))
        #expect(refused.status == 403)
        #expect(refused.json["error"]?["errors"]?.array?.first?["reason"] == "quotaExceeded")
    }

    @Test func otherQuotasCountToo() throws {
        let world = try ComputeWorld(["quota metric=CPUS_ALL_REGIONS limit=3", "quota-refusal at-once=true"])
        let refused = try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["a", "b"]))
        #expect(refused.status == 403)
        #expect(refused.text.contains("Quota 'CPUS_ALL_REGIONS' exceeded.  Limit: 3.0 globally."))
        world.service.faults = [.quota(metric: "PREEMPTIBLE_CPUS", region: nil, limit: 2)]
        #expect(try world.bulk(["a"])["error"] == nil)
        let error = try world.bulk(["b"])["error"]?["errors"]?.array?.last
        #expect(error?["message"]?.string?.contains("'PREEMPTIBLE_CPUS'") == true)
        world.service.faults = [.quota(metric: "DISKS_TOTAL_GB", region: nil, limit: 150)]
        #expect(try world.bulk(["b"])["error"]?.text().contains("'DISKS_TOTAL_GB'") == true)
        world.service.faults = [.quota(metric: "IN_USE_ADDRESSES", region: nil, limit: 0)]
        let open: JSONValue = [["accessConfigs": [["type": "ONE_TO_ONE_NAT"]]]]
        #expect(try world.bulk(["b"], [("networkInterfaces", open)])["error"]?.text().contains("IN_USE") == true)
        #expect(try world.bulk(["b"])["error"] == nil)
    }
}

/// How Compute Engine tells that it has no machines, or not enough.
@Suite struct ComputeStockOutTests {
    private let zone = "asia-northeast1-a"

    private func codes(_ operation: JSONValue) -> [String] {
        (operation["error"]?["errors"]?.array ?? []).compactMap { $0["code"]?.string }
    }

    /// The codes of the single VMs' operations.
    private func children(_ operation: JSONValue, _ world: ComputeWorld) throws -> [String: [String]] {
        let group = try #require(operation["operationGroupId"]?.string)
        let list = try world.get("/operations?filter=operationGroupId=\(group)").json["items"]?.array ?? []
        let pairs = list.filter { $0["operationType"] == "insert" }.map { child in
            (ComputeLink.name(child["targetLink"]?.string ?? ""), codes(child))
        }
        return Dictionary(pairs) { $0 + $1 }
    }

    @Test func aBulkInsertIsRefusedAtOnce() throws {
        let world = try ComputeWorld(["stock-out zone=\(zone) times=1"])
        let answer = try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["a", "b"]))
        #expect(answer.status == 503 && answer.json["error"]?["code"] == 503)
        #expect(answer.json["error"]?["errors"]?.array?.map { $0["reason"] } == ["insufficientCapacity"])
        #expect(answer.message.contains("does not have enough resources available to fulfill the request."))
        #expect(try world.get("/operations").json["items"] == nil)
        #expect(try world.bulk(["a", "b"])["error"] == nil)
    }

    @Test func aSingleInsertFailsAsAnOperation() throws {
        let world = try ComputeWorld(["stock-out zone=\(zone)"])
        let operation = try world.done(try world.post("/instances", ComputeWorld.body("a")))
        #expect(codes(operation) == ["ZONE_RESOURCE_POOL_EXHAUSTED"] && operation["httpErrorStatusCode"] == 503)
    }

    @Test(arguments: [
        ("", ["VM_MIN_COUNT_NOT_REACHED", "ZONE_RESOURCE_POOL_EXHAUSTED"]),
        ("min-count=alone", ["VM_MIN_COUNT_NOT_REACHED"]), ("min-count=none", ["ZONE_RESOURCE_POOL_EXHAUSTED"]),
    ])
    func anOperationTellsTheCauseOrOnlyItsPartsDo(words: String, expected: [String]) throws {
        let world = try ComputeWorld(["stock-out zone=\(zone) as=operation \(words)"])
        let operation = try world.bulk(["a", "b"])
        #expect(codes(operation) == expected)
        #expect(
            try children(operation, world) == [
                "a": ["ZONE_RESOURCE_POOL_EXHAUSTED"], "b": ["ZONE_RESOURCE_POOL_EXHAUSTED"],
            ]
        )
        let message = operation["error"]?["errors"]?.array?.first?["message"]
        if words != "min-count=none" {
            #expect(message == "Requested minimum count of 2 VMs could not be created.")
        }
    }

    @Test func whatWasMadeAndTakenBackHadNoError() throws {
        let world = try ComputeWorld(["capacity zone=\(zone) vms=1 min-count=alone"])
        let operation = try world.bulk(["a", "b"])
        #expect(codes(operation) == ["VM_MIN_COUNT_NOT_REACHED"])
        #expect(try children(operation, world) == ["a": [], "b": ["ZONE_RESOURCE_POOL_EXHAUSTED"]])
        #expect(world.service.instances.isEmpty)
    }

    @Test func theSerialPortOfAVMThatComesUpIsNotReady() throws {
        let world = try ComputeWorld(["no-boot vm=a as=staging"])
        _ = try world.post("/instances/bulkInsert", ComputeWorld.bulkBody(["a"]))
        let answer = try world.get("/instances/a/serialPort")
        #expect(answer.status == 400)
        #expect(
            answer.json["error"]?["errors"] == [
                [
                    "message": .string("The resource 'projects/p-1/zones/\(zone)/instances/a' is not ready"),
                    "domain": "global", "reason": "resourceNotReady",
                ]
            ]
        )
    }
}
