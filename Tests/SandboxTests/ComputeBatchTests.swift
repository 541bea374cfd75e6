import Sandbox
import Testing
import Text

@Suite struct ComputeBatchTests {
    private static let path = "/batch/compute/v1"

    /// As gcloud writes it: bare LF in places, its own kind of boundary.
    private static func batch(_ parts: [(String, JSONValue?)]) -> String {
        var text = ""
        for (number, part) in parts.enumerated() {
            text +=
                "--===============77==\nContent-Type: application/http\nMIME-Version: 1.0\nContent-ID: <b+\(number)>\n\n"
            text += "\(part.0) HTTP/1.1\ncontent-type: application/json\nMIME-Version: 1.0\nHost: \n"
            if let body = part.1?.text() {
                text += "content-length: \(body.utf8.count)\n\n\(body)"
            } else {
                text += "\n"
            }
            text += "\n"
        }
        return text + "--===============77==--"
    }

    private func send(
        _ world: ComputeWorld,
        _ text: String,
        type: String = "multipart/mixed; boundary=\"===============77==\""
    ) throws
        -> Answer
    {
        try world.client.call("POST", Self.path, ["Content-Type": type], body: Array(text.utf8))
    }

    @Test func eachPartIsAnsweredForItself() throws {
        let world = try ComputeWorld()
        let zone = ComputeWorld.zone
        let answer = try send(
            world,
            Self.batch([
                ("POST \(zone)/instances?alt=json", ComputeWorld.body("a")),
                ("POST http://127.0.0.1:1\(zone)/instances?alt=json", ComputeWorld.body("b")),
                ("POST \(zone)/instances?alt=json", ComputeWorld.body("Wrong")), ("GET \(zone)/instances/none", nil),
            ])
        )
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "multipart/mixed; boundary=batch_sandbox")
        let parts = answer.text.components("--batch_sandbox")
        #expect(parts.count == 6)
        #expect(parts[1].contains("Content-ID: <response-b+0>") && parts[1].contains("HTTP/1.1 200 OK"))
        #expect(parts[1].contains("\"operationType\":\"insert\""))
        #expect(parts[3].contains("<response-b+2>") && parts[3].contains("HTTP/1.1 400 Bad Request"))
        #expect(parts[4].contains("HTTP/1.1 404 Not Found"))
        waitUntil { world.service.instances.map(\.status) == ["RUNNING", "RUNNING"] }
        #expect(world.service.requestCounts["compute.instances.insert"] == 2)
        #expect(world.recorder.violations.count == 1)
        let record = try #require(world.recorder.requests.first)
        #expect(record.kind == "batch" && record.body?.array?.first?["body"]?["name"] == "a")
    }

    @Test func tokensGoForAllParts() throws {
        let world = try ComputeWorld { $0.isAuthorized = { $0 == "Bearer t" } }
        let text = Self.batch([("GET \(ComputeWorld.zone)/instances", nil)])
        #expect(try send(world, text).text.contains("HTTP/1.1 401 Unauthorized"))
        let headers = [
            "Content-Type": "multipart/mixed; boundary=\"===============77==\"", "Authorization": "Bearer t",
        ]
        let answer = try world.client.call("POST", Self.path, headers, body: Array(text.utf8))
        #expect(answer.text.contains("HTTP/1.1 200 OK"))
    }

    @Test(arguments: [
        "", "--===============77==--", "--===============77==\n\nGET /x HTTP/1.1\n\n--===============77==",
    ])
    func whatIsNoBatchIsRefused(text: String) throws {
        let world = try ComputeWorld()
        #expect(try send(world, text).status == 400)
        #expect(world.recorder.violations.count == 1)
    }

    @Test func onlyMixedBatchesAreTaken() throws {
        let world = try ComputeWorld()
        let text = Self.batch([("GET \(ComputeWorld.zone)/instances", nil)])
        #expect(try send(world, text, type: "application/json").status == 400)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
