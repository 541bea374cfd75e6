import Sandbox
import Testing
import Text

@Suite(.timeLimit(.minutes(30))) struct ComputeOperationTests {
    private static let id = "6f1c2a1e-0d3b-4c5d-8e7f-001122334455"

    @Test func theSameRequestIsCarriedOutOnce() throws {
        let world = try ComputeWorld()
        let body = ComputeWorld.bulkBody(["a"])
        let first = try world.post("/instances/bulkInsert?requestId=\(Self.id)", body)
        #expect(first.json["clientOperationId"]?.string == Self.id)
        _ = try world.done(first)
        let again = try world.post("/instances/bulkInsert?requestId=\(Self.id)", body)
        #expect(again.status == 200 && again.json["name"] == first.json["name"] && again.json["status"] == "DONE")
        #expect(world.service.instances.count == 1)
        let other = try world.post("/instances/bulkInsert?requestId=\(Self.id)", ComputeWorld.bulkBody(["b"]))
        #expect(other.status == 400 && other.text.contains("used for another request"))
        let delete = "\(ComputeWorld.zone)/instances/a?requestId=6f1c2a1e-0d3b-4c5d-8e7f-001122334456"
        let gone = try world.client.call("DELETE", delete)
        _ = try world.done(gone)
        #expect(try world.client.call("DELETE", delete).json["name"] == gone.json["name"])
    }

    @Test(arguments: ["abc", "00000000-0000-0000-0000-000000000000", "6f1c2a1e0d3b4c5d8e7f001122334455"])
    func requestIDsAreUUIDs(id: String) throws {
        let world = try ComputeWorld()
        let answer = try world.post("/instances?requestId=\(id)", ComputeWorld.body("a"))
        #expect(answer.status == 400 && answer.text.contains("Invalid value for field 'requestId'"))
    }

    @Test func waitHoldsTheRequestUntilItIsDone() throws {
        let world = try ComputeWorld()
        world.service.holdTime()
        let start = try world.post("/instances", ComputeWorld.body("a"))
        let name = try #require(start.json["name"]?.string)
        #expect(try world.get("/operations/\(name)").json["status"] == "RUNNING")
        try world.client.send(
            raw: "POST \(ComputeWorld.zone)/operations/\(name)/wait HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        )
        waitUntil { world.service.requestCounts["compute.zoneOperations.wait"] == 1 }
        // Nothing ends before this: an answer that was not held would say RUNNING.
        world.service.releaseTime()
        let operation = try world.client.readAnswer().json
        #expect(operation["status"] == "DONE" && operation["progress"] == 100 && operation["endTime"] != nil)
        #expect(try world.get("/operations/\(name)").json == operation)
        let list = try world.get("/operations?filter=status=DONE%20AND%20operationType=insert").json
        #expect(list["items"]?.array?.compactMap { $0["name"]?.string } == [name])
        let link = "https://www.googleapis.com/compute/v1/projects/p-1/zones/asia-northeast1-a"
        #expect(operation["targetLink"]?.string == "\(link)/instances/a" && operation["zone"]?.string == link)
        #expect(operation["selfLink"]?.string == "\(link)/operations/\(name)")
        #expect(try world.client.call("DELETE", "\(ComputeWorld.zone)/operations/\(name)").status == 200)
        #expect(try world.get("/operations/\(name)").status == 404)
    }

    @Test func aServerThatEndsDoesNotKeepItsWaiters() throws {
        let world = try ComputeWorld(["slow operation=insert ms=3600000"])
        let name = try #require(try world.post("/instances", ComputeWorld.body("a")).json["name"]?.string)
        try world.client.send(
            raw: "POST \(ComputeWorld.zone)/operations/\(name)/wait HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
        )
        waitUntil { world.service.requestCounts["compute.zoneOperations.wait"] == 1 }
        world.service.stop()
        #expect(try world.client.readAnswer().json["status"] == "RUNNING")
    }

    @Test func timesHaveAnOffset() throws {
        let world = try ComputeWorld()
        let text = try #require(try world.bulk(["a"])["insertTime"]?.string)
        #expect(text.hasSuffix("-08:00") && text.count == 29)
    }
}
