import Sandbox
import Testing
import Text

@Suite struct ComputeInstanceTests {
    @Test func manyAreMadeByOneRequest() throws {
        let world = try ComputeWorld()
        let start = try world.post(
            "/instances/bulkInsert",
            ComputeWorld.bulkBody(["tick-data-vm-0", "tick-data-vm-1"])
        )
        #expect(start.json["status"] == "RUNNING" && start.json["operationType"] == "bulkInsert", "\(start.text)")
        let operation = try world.done(start)
        #expect(operation["status"] == "DONE" && operation["error"] == nil)
        let counts = operation["instancesBulkInsertOperationMetadata"]?["perLocationStatus"]?["zones/asia-northeast1-a"]
        #expect(
            counts == [
                "targetVmCount": 2, "createdVmCount": 2, "failedToCreateVmCount": 0, "deletedVmCount": 0,
                "status": "DONE",
            ]
        )
        let vm = try world.get("/instances/tick-data-vm-1").json
        #expect(vm["status"] == "RUNNING" && vm["labels"]?["tick-run"] == "r1" && vm["kind"] == "compute#instance")
        #expect(vm["networkInterfaces"]?.array?.first?["networkIP"]?.string?.hasPrefix("10.146.0.") == true)
        #expect(vm["networkInterfaces"]?.array?.first?["accessConfigs"] == nil)
        let list = try world.get("/instances").json
        #expect(ComputeWorld.names(list) == ["tick-data-vm-0", "tick-data-vm-1"])
        #expect(world.recorder.violations == [])
    }

    @Test func deletedIsGone() throws {
        let world = try ComputeWorld()
        try world.bulk(["a"])
        let operation = try world.done(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a"))
        #expect(operation["operationType"] == "delete" && operation["status"] == "DONE")
        let gone = try world.get("/instances/a")
        #expect(gone.status == 404)
        #expect(
            gone.json["error"]?["message"]
                == "The resource 'projects/p-1/zones/asia-northeast1-a/instances/a' was not found"
        )
        #expect(try world.client.call("DELETE", "\(ComputeWorld.zone)/instances/a").status == 404)
    }
}
