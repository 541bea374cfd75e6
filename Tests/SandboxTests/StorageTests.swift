import Sandbox
import Testing
import Text

private let objects = "/storage/v1/b/market/o"
private let upload = "/upload/storage/v1/b/market/o"

@Suite struct StorageTests {
    private let test: TestWorld
    private let client: TestClient

    init() throws {
        test = try TestWorld()
        client = try test.storage()
    }

    @discardableResult
    private func put(
        _ name: String,
        _ body: [UInt8] = [1, 2, 3],
        query: String = "",
        _ headers: [String: String] = [:]
    ) throws
        -> Answer
    {
        try client.call("POST", "\(upload)?uploadType=media&name=\(name)\(query)", headers, body: body)
    }

    private func names(_ query: String) throws -> ([String], [String]) {
        let json = try client.call("GET", "\(objects)?\(query)").json
        return (
            (json["items"]?.array ?? []).compactMap { $0["name"]?.string },
            (json["prefixes"]?.array ?? []).compactMap(\.string)
        )
    }

    // MARK: objects

    @Test func anUploadCanBeReadBackWithItsChecksums() throws {
        let answer = try put("d%2Fa.txt", Array("hello".utf8), ["Content-Type": "text/plain"])
        #expect(answer.status == 200)
        #expect(answer.json["crc32c"] == "mnG7TA==")
        #expect(answer.json["md5Hash"] == "XUFAKrxLKna5cZ2REBfFkg==")
        #expect(answer.json["size"] == "5")
        let media = try client.call("GET", "\(objects)/d%2Fa.txt?alt=media")
        #expect(media.text == "hello")
        #expect(media.headers["x-goog-hash"] == "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg==")
        #expect(media.headers["x-goog-generation"] == answer.json["generation"]?.string)
        #expect(media.headers["content-type"] == "text/plain")
        #expect(try client.call("GET", "/download/storage/v1/b/market/o/d%2Fa.txt?alt=media").text == "hello")
        #expect(test.violations.isEmpty)
    }

    @Test(arguments: [
        ("bytes=1-2", 206, "el", "bytes 1-2/5"), ("bytes=3-", 206, "lo", "bytes 3-4/5"),
        ("bytes=-2", 206, "lo", "bytes 3-4/5"), ("bytes=-9", 206, "hello", "bytes 0-4/5"),
        ("bytes=4-99", 206, "o", "bytes 4-4/5"), ("bytes=0-9223372036854775807", 206, "hello", "bytes 0-4/5"),
        ("lines=1", 200, "hello", nil),
    ])
    func rangesAreServed(header: String, status: Int, text: String, contentRange: String?) throws {
        try put("a", Array("hello".utf8))
        let answer = try client.call("GET", "\(objects)/a?alt=media", ["Range": header])
        #expect(answer.status == status)
        #expect(answer.text == text)
        #expect(answer.headers["content-range"] == contentRange)
    }

    @Test(arguments: ["bytes=5-", "bytes=-0"])
    func aRangePastTheEndIs416(header: String) throws {
        try put("a", Array("hello".utf8))
        let answer = try client.call("GET", "\(objects)/a?alt=media", ["Range": header])
        #expect(answer.status == 416)
        #expect(answer.headers["content-range"] == "bytes */5")
    }

    @Test func aWrongChecksumStoresNothing() throws {
        #expect(try put("a", [1], ["X-Goog-Hash": "crc32c=AAAAAA=="]).status == 400)
        #expect(try put("b", [1], ["X-Goog-Hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="]).status == 400)
        #expect(try client.call("GET", "\(objects)/a").status == 404)
        #expect(try names("") == ([], []))
    }

    @Test(arguments: ["\r\n", "\n"], ["\"", "'", ""])
    func multipartBodiesAreTakenApart(lineEnd: String, quote: String) throws {
        let data = "a\(lineEnd)\(lineEnd)--b\(lineEnd)"
        let body = [
            "--==x==", "Content-Type: application/json", "",
            #"{"name":"m","crc32c":"\#(checksum(data))","metadata":{"k":"v"}}"#,
            "--==x==", "Content-Type: text/csv", "", "\(data)", "--==x==--",
        ].joined(separator: lineEnd)
        let type = ["Content-Type": "multipart/related; boundary=\(quote)==x==\(quote)"]
        let answer = try client.call("POST", "\(upload)?uploadType=multipart", type, body: Array(body.utf8))
        #expect(answer.status == 200)
        #expect(answer.json["contentType"] == "text/csv")
        #expect(answer.json["metadata"] == ["k": "v"])
        #expect(try client.call("GET", "\(objects)/m?alt=media").text == data)
        #expect(test.world.recorder.requests.first { $0.body != nil }?.body?["name"] == "m")
    }

    /// The CRC-32C that the sandbox itself computes, checked against known values elsewhere.
    private func checksum(_ text: String) -> String {
        (try? put("scratch", Array(text.utf8)).json["crc32c"]?.string) ?? ""
    }

    @Test func aTruncatedMultipartBodyIsRefused() throws {
        let type = ["Content-Type": "multipart/related; boundary=x"]
        let body = "--x\r\nContent-Type: application/json\r\n\r\n{\"name\":\"m\"}\r\n--x\r\n\r\ndata\r\n--x"
        #expect(try client.call("POST", "\(upload)?uploadType=multipart", type, body: Array(body.utf8)).status == 400)
        #expect(try client.call("GET", "\(objects)/m").status == 404)
    }

    @Test func preconditionsAreKept() throws {
        let first = try put("a").json["generation"]?.string ?? ""
        #expect(try put("a", query: "&ifGenerationMatch=0").status == 412)
        #expect(try put("a", query: "&ifGenerationMatch=1").status == 412)
        #expect(try put("b", query: "&ifGenerationMatch=0").status == 200)
        let second = try put("a", query: "&ifGenerationMatch=\(first)").json["generation"]?.string ?? ""
        #expect(second != first)
        #expect(try client.call("DELETE", "\(objects)/a?ifGenerationMatch=\(first)").status == 412)
        #expect(try client.call("GET", "\(objects)/a?ifGenerationNotMatch=\(second)").status == 304)
        #expect(try client.call("GET", "\(objects)/a?generation=\(first)").status == 404)
        let refused = try client.call("PATCH", "\(objects)/a?ifMetagenerationMatch=2", json: ["contentType": "x/y"])
        #expect(refused.json["error"]?["errors"]?.array?.first?["reason"] == "conditionNotMet")
        #expect(try client.call("DELETE", "\(objects)/a?ifGenerationMatch=\(second)").status == 204)
        #expect(try client.call("DELETE", "\(objects)/a").status == 404)
        #expect(test.violations.isEmpty)
    }

    @Test func metadataIsPatchedByKeyAndReplacedByUpdate() throws {
        try put("a", [1], ["Content-Type": "text/csv"])
        _ = try client.call("PATCH", "\(objects)/a", json: ["metadata": ["rows": "1", "kind": "spot"]])
        let patched = try client.call("PATCH", "\(objects)/a", json: ["metadata": ["rows": "2", "kind": .null]]).json
        #expect(patched["metadata"] == ["rows": "2"])
        #expect(patched["metageneration"] == "3")
        #expect(patched["contentType"] == "text/csv")
        let updated = try client.call("PUT", "\(objects)/a", json: ["metadata": ["x": "y"]]).json
        #expect(updated["contentType"] == nil)
        #expect(updated["metadata"] == ["x": "y"])
    }

    @Test func objectsAreCopiedAndComposed() throws {
        try put("a", [1, 2], ["Content-Type": "text/csv"])
        try put("b", [3])
        let copied = try client.call("POST", "\(objects)/a/copyTo/b/market/o/x%2Fc", body: [])
        #expect(copied.json["contentType"] == "text/csv")
        let rewritten = try client.call("POST", "\(objects)/a/rewriteTo/b/market/o/d", json: ["contentType": "x/y"])
            .json
        #expect(rewritten["done"] == true)
        #expect(rewritten["resource"]?["contentType"] == "x/y")
        let sources: JSONValue = ["sourceObjects": [["name": "x/c"], ["name": "b"]]]
        let composed = try client.call("POST", "\(objects)/e/compose", json: sources).json
        #expect(composed["componentCount"] == 2)
        #expect(composed["md5Hash"] == nil)
        #expect(try client.call("GET", "\(objects)/e?alt=media").body == [1, 2, 3])
        #expect(try client.call("POST", "\(objects)/e/compose", json: ["sourceObjects": []]).status == 400)
        #expect(test.violations.isEmpty)
    }

    // MARK: listing

    @Test func listsFoldFilterAndPage() throws {
        for name in ["a%2F1", "a%2F2", "a%2Fb%2F3", "c", "%C3%A9", "a%2F"] { try put(name) }
        #expect(try names("") == (["a/", "a/1", "a/2", "a/b/3", "c", "é"], []))
        #expect(try names("delimiter=/") == (["c", "é"], ["a/"]))
        #expect(try names("delimiter=/&prefix=a/") == (["a/", "a/1", "a/2"], ["a/b/"]))
        #expect(try names("delimiter=/&includeTrailingDelimiter=true") == (["a/", "c", "é"], ["a/"]))
        #expect(try names("startOffset=a/2&endOffset=c") == (["a/2", "a/b/3"], []))
        #expect(try names("matchGlob=a/%2A") == (["a/", "a/1", "a/2"], []))
        #expect(try names("matchGlob=%2A%2A/[0-9]").0 == ["a/1", "a/2", "a/b/3"])
        #expect(try names("matchGlob={c,a/1}").0 == ["a/1", "c"])
        var (seen, token, pages): ([String], String?, Int) = ([], "", 0)
        while let now = token {
            let page = try client.call("GET", "\(objects)?maxResults=1&delimiter=/&pageToken=\(now)").json
            seen +=
                (page["items"]?.array ?? []).compactMap { $0["name"]?.string }
                + (page["prefixes"]?.array ?? []).compactMap(\.string)
            token = page["nextPageToken"]?.string
            pages += 1
        }
        #expect(seen == ["a/", "c", "é"])
        #expect(pages == 3)
        #expect(try client.call("GET", "\(objects)?pageToken=mine").status == 400)
    }

    @Test func onlyTheAskedFieldsAreSent() throws {
        try put("a")
        let page = try client.call("GET", "\(objects)?fields=items(name,size),nextPageToken").json
        #expect(page == ["items": [["name": "a", "size": "3"]]])
        #expect(try client.call("GET", "\(objects)?fields=items/name").json == ["items": [["name": "a"]]])
        #expect(try put("b", query: "&fields=name").json == ["name": "b"])
        #expect(test.violations.isEmpty)
        #expect(try client.call("GET", "\(objects)?fields=items(nam)").status == 400)
        #expect(try client.call("GET", "\(objects)?fields=items(").status == 400)
        #expect(test.violations.count == 2)
    }

    // MARK: contract

    @Test(arguments: [
        ("GET", "\(objects)?prefx=a", 400, "prefx"), ("GET", "\(objects)?maxResults=many", 400, "many"),
        ("GET", "\(objects)?projection=half", 400, "half"), ("GET", "\(objects)/a?generation=new", 400, "new"),
        ("GET", "/storage/v1/x", 404, "no such path"), ("PATCH", objects, 405, "only"),
        ("GET", "/storage/v1/b", 400, "project"),
        ("GET", "/", 404, "no such path"), ("GET", "\(objects)?userProject=a&userProject=a", 400, "more than once"),
    ])
    func breachesOfTheContractAreRefusedAndNamed(method: String, target: String, status: Int, word: String) throws {
        try put("a")
        #expect(try client.call(method, target, body: []).status == status)
        #expect(test.violations.count == 1)
        #expect(test.violations.first?.contains(word) == true)
    }

    @Test(arguments: [
        (#"{"contentTyp":"x"}"#, "contentTyp"), (#"{"contentType":1}"#, "string expected"),
        (#"{"metadata":{"rows":1}}"#, "rows"), (#"{"metadata":[]}"#, "object expected"), (#"[]"#, "no JSON object"),
        (#"{"contentType":"x""#, "no JSON"), (#"{"eventBasedHold":"yes"}"#, "boolean expected"),
    ])
    func wrongBodiesAreRefusedAndNamed(body: String, word: String) throws {
        try put("a")
        let answer = try client.call(
            "PATCH",
            "\(objects)/a",
            ["Content-Type": "application/json"],
            body: Array(body.utf8)
        )
        #expect(answer.status == 400)
        #expect(test.violations.first?.contains(word) == true)
    }

    @Test func postsNeedALength() throws {
        #expect(try client.call("POST", "\(upload)?uploadType=media&name=a").status == 411)
    }

    @Test func aTokenIsAskedForWhenSet() throws {
        let strict = try TestWorld { $0.requireToken = "t0ken" }
        let client = try strict.storage()
        #expect(try client.call("GET", objects).status == 401)
        #expect(try client.call("GET", objects, ["Authorization": "Bearer other"]).status == 401)
        #expect(try client.call("GET", objects, ["Authorization": "Bearer t0ken"]).status == 200)
    }

    // MARK: buckets and names

    @Test func bucketsAreMadeListedAndDeleted() throws {
        let made = try client.call("POST", "/storage/v1/b?project=p", json: ["name": "other"])
        #expect(made.json["name"] == "other")
        #expect(try client.call("POST", "/storage/v1/b?project=p", json: ["name": "other"]).status == 409)
        #expect(try client.call("POST", "/storage/v1/b?project=p", json: ["name": "Other_"]).status == 400)
        let items = try client.call("GET", "/storage/v1/b?project=p").json["items"]?.array ?? []
        #expect(items.compactMap { $0["name"]?.string } == ["market", "other"])
        try put("a")
        #expect(try client.call("DELETE", "/storage/v1/b/market").status == 409)
        #expect(try client.call("DELETE", "/storage/v1/b/other").status == 204)
        #expect(try client.call("GET", "/storage/v1/b/other").status == 404)
        #expect(try client.call("GET", "/storage/v1/b/other/o").status == 404)
    }

    @Test func anyNameIsKeptAndNoneLeavesTheStore() throws {
        let names = [
            "a", "a/b", "a//b", "..%2F..%2Fetc", "a%2F..%2Fb", "x%2F", String(repeating: "n", count: 300), "e%CC%81",
            "%C3%A9",
        ]
        for (index, name) in names.enumerated() { try put(name.replacing("/", with: "%2F"), [UInt8(index)]) }
        for (index, name) in names.enumerated() {
            let target = "\(objects)/\(name.replacing("/", with: "%2F"))?alt=media"
            #expect(try client.call("GET", target).body == [UInt8(index)], "\(name)")
        }
        #expect(Files.list(test.directory) == ["cache", "store"])
        #expect(try put(String(repeating: "n", count: 1_025)).status == 400)
        #expect(try put("a%0Ab").status == 400)
    }

    @Test func objectsSurviveARestart() throws {
        try put("d%2Fa", [7, 8], ["Content-Type": "x/y"])
        let before = try client.call("GET", "\(objects)/d%2Fa").json["generation"]
        let store = "\(test.directory)/store"
        let again = try TestWorld { $0.store = store }
        let client = try again.storage()
        #expect(try client.call("GET", "\(objects)/d%2Fa").json["generation"] == before)
        #expect(try client.call("GET", "\(objects)/d%2Fa?alt=media").body == [7, 8])
        #expect(try Files.read("\(store)/market/d/a") == [7, 8])
    }
}
