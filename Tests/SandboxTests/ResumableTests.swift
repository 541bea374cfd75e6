import Sandbox
import Testing
import Text

private let start = "/upload/storage/v1/b/market/o?uploadType=resumable&name=r"
private let object = "/storage/v1/b/market/o/r"
private let unit = 262_144

@Suite struct ResumableTests {
    private let test: TestWorld
    private let client: TestClient
    private let data = noise(3 * unit + 100)

    init() throws {
        test = try TestWorld()
        client = try test.storage()
    }

    private func begin(_ query: String = "", metadata: JSONValue = [:], _ headers: [String: String] = [:]) throws
        -> String
    {
        let answer = try client.call("POST", start + query, headers, json: metadata)
        #expect(answer.status == 200)
        let location = try #require(answer.headers["location"])
        return String(location.dropFirst("http://127.0.0.1".count))
    }

    @discardableResult
    private func put(_ session: String, _ range: Range<Int>, of total: String, _ headers: [String: String] = [:]) throws
        -> Answer
    {
        let header = ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)"]
        return try client.call("PUT", session, headers.merging(header) { $1 }, body: Array(data[range]))
    }

    private func ask(_ session: String, _ total: String = "*") throws -> Answer {
        try client.call("PUT", session, ["Content-Range": "bytes */\(total)"], body: [])
    }

    @Test func chunksMakeAnObjectThatAppearsOnlyWhole() throws {
        let session = try begin()
        let fresh = try ask(session)
        #expect(fresh.status == 308)
        #expect(fresh.headers["range"] == nil)
        let first = try put(session, 0..<2 * unit, of: "*")
        #expect(first.status == 308)
        #expect(first.headers["range"] == "bytes=0-524287")
        #expect(try client.call("GET", object).status == 404)
        let last = try put(session, 2 * unit..<data.count, of: "\(data.count)")
        #expect(last.status == 200)
        #expect(last.json["size"] == .string("\(data.count)"))
        #expect(try client.call("GET", object + "?alt=media").body == data)
        #expect(try ask(session).json["generation"] == last.json["generation"])  // the lost answer, asked for again
        #expect(test.violations.isEmpty)
    }

    @Test func anEmptyPutWithTheTotalEndsIt() throws {
        let session = try begin()
        try put(session, 0..<unit, of: "*")
        #expect(try ask(session, "\(unit)").status == 200)
        #expect(try client.call("GET", object).json["size"] == .string("\(unit)"))
    }

    @Test func anEmptyObjectIsPossible() throws {
        #expect(try ask(begin(), "0").json["size"] == "0")
    }

    @Test func overlapIsDropped() throws {
        let session = try begin()
        try put(session, 0..<2 * unit, of: "*")
        let again = try put(session, unit..<3 * unit, of: "*")
        #expect(again.headers["range"] == "bytes=0-\(3 * unit - 1)")
        #expect(try put(session, 0..<unit, of: "*").headers["range"] == "bytes=0-\(3 * unit - 1)")
        try put(session, 2 * unit..<data.count, of: "\(data.count)")
        #expect(try client.call("GET", object + "?alt=media").body == data)
    }

    @Test func theWrongChunksAreRefused() throws {
        let session = try begin()
        #expect(try put(session, 0..<unit - 1, of: "*").status == 400)  // no multiple of 256 KiB
        #expect(try put(session, 0..<unit - 1, of: "\(data.count)").status == 400)
        #expect(try put(session, unit..<2 * unit, of: "*").status == 400)  // a gap
        let short = try client.call("PUT", session, ["Content-Range": "bytes 0-\(unit - 1)/*"], body: [1, 2, 3])
        #expect(short.status == 400)
        let unreadable = try client.call("PUT", session, ["Content-Range": "0-9/10"], body: noise(10))
        #expect(unreadable.status == 400)
        #expect(test.violations.count == 5)
        try put(session, 0..<unit, of: "\(data.count)")
        #expect(try put(session, unit..<data.count, of: "\(data.count + 1)").status == 400)  // another total
        #expect(try put(session, unit..<data.count, of: "\(data.count)").status == 200)
    }

    @Test func aKnownTotalIsHeldTo() throws {
        let session = try begin("", ["X-Upload-Content-Length": "\(unit)", "X-Upload-Content-Type": "x/y"])
        #expect(try put(session, 0..<unit, of: "\(unit + 1)").status == 400)
        #expect(try put(session, 0..<unit, of: "\(unit)").json["contentType"] == "x/y")
    }

    @Test func aBrokenConnectionLeavesWholeUnits() throws {
        let session = try begin()
        let other = try test.storage()
        let range = "Content-Range: bytes 0-\(data.count - 1)/\(data.count)\r\nContent-Length: \(data.count)"
        try other.send(raw: "PUT \(session) HTTP/1.1\r\nHost: x\r\n\(range)\r\n\r\n")
        try other.send(raw: Array(data[..<(unit + 1_000)]))
        other.hangUp()
        waitUntil { test.world.recorder.requests.contains { $0.status == nil } }
        #expect(try ask(session).headers["range"] == "bytes=0-\(unit - 1)")
        try put(session, unit..<data.count, of: "\(data.count)")
        #expect(try client.call("GET", object + "?alt=media").body == data)
    }

    @Test func theServiceMayKeepLessThanWasSent() throws {
        let session = try begin()
        try test.world.faults.add("method=PUT nth=1 keep=300000")
        #expect(try put(session, 0..<data.count, of: "\(data.count)").headers["range"] == "bytes=0-\(unit - 1)")
        #expect(try put(session, unit..<data.count, of: "\(data.count)").status == 200)
        #expect(try client.call("GET", object + "?alt=media").body == data)
    }

    @Test func anUploadCanBreakByFault() throws {
        let session = try begin()
        try test.world.faults.add("method=PUT nth=1 break=\(2 * unit + 5)")
        let other = try test.storage()
        let header = ["Content-Range": "bytes 0-\(data.count - 1)/\(data.count)"]
        #expect(throws: ClientError.self) { try other.call("PUT", session, header, body: data) }
        #expect(try ask(session).headers["range"] == "bytes=0-\(2 * unit - 1)")
    }

    @Test func aLostAnswerIsFoundByAsking() throws {
        let session = try begin()
        try test.world.faults.add("method=PUT nth=1 reset=after")
        let other = try test.storage()
        let header = ["Content-Range": "bytes 0-\(data.count - 1)/\(data.count)"]
        #expect(throws: ClientError.self) { try other.call("PUT", session, header, body: data) }
        #expect(try ask(session).status == 200)
    }

    @Test func cancellingIs499AndFinal() throws {
        let session = try begin()
        try put(session, 0..<unit, of: "*")
        #expect(try client.call("DELETE", session).status == 499)
        #expect(try put(session, unit..<data.count, of: "\(data.count)").status == 410)
        #expect(try client.call("GET", object).status == 404)
        #expect(try ask(session.dropLast(4) + "gone").status == 404)
    }

    @Test func aWrongChecksumAtTheEndStoresNothing() throws {
        let session = try begin(metadata: ["crc32c": "AAAAAA=="])
        #expect(try put(session, 0..<data.count, of: "\(data.count)").status == 400)
        #expect(try client.call("GET", object).status == 404)
        let other = try begin()
        #expect(try put(other, 0..<data.count, of: "\(data.count)", ["X-Goog-Hash": "crc32c=AAAAAA=="]).status == 400)
        #expect(try client.call("GET", object).status == 404)
    }

    @Test func thePreconditionHoldsAtTheStartAndAtTheEnd() throws {
        let session = try begin("&ifGenerationMatch=0")
        _ = try client.call("POST", "/upload/storage/v1/b/market/o?uploadType=media&name=r", body: [1])
        #expect(try put(session, 0..<data.count, of: "\(data.count)").status == 412)
        #expect(try client.call("POST", start + "&ifGenerationMatch=0", json: [:]).status == 412)
        #expect(try client.call("GET", object + "?alt=media").body == [1])
    }

    @Test func theOlderPathAndAWholeBodyWork() throws {
        let answer = try client.call("POST", "/resumable" + start, json: [:])
        let session = try #require(answer.headers["location"]).dropFirst("http://127.0.0.1".count)
        #expect(session.hasPrefix("/resumable/upload/"))
        #expect(try client.call("PUT", String(session), body: data).status == 200)
        #expect(try client.call("GET", object + "?alt=media").body == data)
        #expect(test.world.recorder.requests[1].kind == "resumable-chunk")
    }
}
