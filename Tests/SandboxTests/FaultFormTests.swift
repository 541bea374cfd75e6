@testable import Sandbox
import Testing
import Text

/// What a fault's answer looks like, and whom it strikes.
@Suite struct FaultFormTests {
    private let test: TestWorld
    private let client: TestClient

    init() throws {
        test = try TestWorld()
        client = try test.tardis()
    }

    private func tardis(_ words: String) throws -> Answer {
        test.world.faults.removeAll()
        try test.world.faults.add("service=tardis \(words)")
        return try client.call("GET", "/v1/exchanges")
    }

    @Test(arguments: [
        (408, "Request Timeout"), (502, "Bad gateway"), (520, "unknown error"), (521, "is down"),
        (522, "Connection timed out"), (523, "unreachable"), (524, "timeout occurred"), (530, "Origin DNS error"),
    ])
    func cloudflareAnswersByAPage(status: Int, title: String) throws {
        let answer = try tardis("status=\(status) body=html")
        #expect(answer.status == status && answer.headers["content-type"] == "text/html; charset=UTF-8")
        #expect(answer.headers["server"] == "cloudflare")
        #expect(answer.text.contains("Error code \(status)") && answer.text.contains(title))
        #expect(try tardis("status=\(status)").json["code"]?.integer == status)
    }

    @Test func googlesFrontEndAnswersByAPage() throws {
        try test.world.faults.add("service=gcs status=502 body=html")
        let answer = try test.storage().call("GET", "/storage/v1/b/market/o")
        #expect(answer.status == 502 && answer.text.contains("<title>Error 502 (Bad Gateway)!!1</title>"))
        #expect(answer.headers["content-type"] == "text/html; charset=UTF-8")
    }

    @Test(
        arguments: [
            ("retry-after=0", "0", "0"), ("retry-after=-5", "-5", "-5"), ("retry-after=1e30", "1e30", "1e+30"),
            ("retry-after=9223372036854775807", "9223372036854775807", "9223372036854775807"),
            ("retry-after=Wed,+21+Oct+2015+07:28:00+GMT", "Wed, 21 Oct 2015 07:28:00 GMT", nil),
            ("retry-after-header=7", "7", nil), ("retry-after-seconds=1e300", nil, "1e+300"),
        ] as [(String, String?, String?)]
    )
    func anyTimeToWaitCanBeTold(words: String, header: String?, seconds: String?) throws {
        let answer = try tardis("status=403 code=274 \(words)")
        #expect(answer.headers["retry-after"] == header)
        #expect(answer.json["retryAfterSeconds"]?.text() == seconds)
        #expect(answer.json["code"] == 274)
    }

    @Test func aBodyAndAPlaceMayBeGiven() throws {
        #expect(try tardis("status=200 body=%7B%22a%22:1e400%7D").text == #"{"a":1e400}"#)
        let moved = try tardis("status=302 location=http://127.0.0.1:9/x?y=z")
        #expect(moved.status == 302 && moved.headers["location"] == "http://127.0.0.1:9/x?y=z")
    }

    @Test(arguments: ["retry-after-seconds=soon", "for=ever", "status=600", "status=199", "body=%Z"])
    func wordsThatCannotBeReadAreNamed(word: String) {
        let error = #expect(throws: SandboxError.self) { try FaultRule(parsing: "status=503 \(word)") }
        #expect(error?.description.contains("\"\(word)\" is not understood") == true)
    }

    @Test func theStorageBehindTardisRefusesInItsOwnForm() throws {
        try test.world.faults.add("service=wasabi nth=1 status=403 message=Request+has+expired")
        try test.world.faults.add("service=wasabi nth=2 status=403 reason=ExpiredToken")
        let wasabi = try TestClient(test.world.wasabiServer)
        let first = try wasabi.call("GET", "/x")
        #expect(first.status == 403 && first.headers["content-type"] == "application/xml")
        #expect(first.text.contains("<Error><Code>AccessDenied</Code><Message>Request has expired</Message>"))
        #expect(try wasabi.call("GET", "/x").text.contains("<Code>ExpiredToken</Code>"))
        #expect(try wasabi.call("GET", "/x").text.contains("<Code>SignatureDoesNotMatch</Code>"))
    }

    @Test func aFaultMayStrikeOneVMOnly() throws {
        let faults = FaultInjector()
        try faults.add("service=metadata from=vm-0 status=503")
        try faults.add("service=metadata from=127.0.0.* status=404")
        func status(_ client: String?) throws -> Int {
            let service = MetadataService(.sample, tokens: AccessTokens())
            let server = try SandboxServer(service: service, recorder: Recorder(), faults: faults, client: client)
            defer { server.stop() }
            return try TestClient(server).call("GET", "/").status
        }
        #expect(try [status("vm-0"), status("vm-1"), status(nil)] == [503, 200, 404])
    }

    @Test func aFaultMayEndWithTimeForEachClient() throws {
        let faults = FaultInjector()
        try faults.add("status=503 for=400ms")
        let service = MetadataService(.sample, tokens: AccessTokens())
        func client(_ name: String) throws -> (SandboxServer, TestClient) {
            let server = try SandboxServer(service: service, recorder: Recorder(), faults: faults, client: name)
            return (server, try TestClient(server))
        }
        let (first, one) = try client("vm-0")
        defer { first.stop() }
        #expect(try one.call("GET", "/").status == 503)
        waitUntil { (try? one.call("GET", "/").status) == 200 }
        let (second, two) = try client("vm-1")
        defer { second.stop() }
        #expect(try two.call("GET", "/").status == 503)
    }

    @Test(arguments: [("20s", 20_000), ("500ms", 500), ("2m", 120_000), ("1h", 3_600_000), ("7", 7_000), ("0", 0)])
    func timesAreRead(text: String, milliseconds: Int) {
        #expect(parseMilliseconds(text) == milliseconds)
    }

    @Test(arguments: ["", "s", "-1s", "long", "1e300s", "nan"])
    func otherTimesAreNone(text: String) {
        #expect(parseMilliseconds(text) == nil)
    }

    @Test(arguments: [
        ("CONNECT storage.googleapis.com:443", true), ("GET http://datasets.tardis.dev/v1/x", true),
        ("GET http://127.0.0.1:9023/storage", false), ("CONNECT localhost:443", false), ("GET http://[::1]:80/", false),
    ])
    func whatGoesThroughTheProxyIsSeen(request: String, isGood: Bool) throws {
        let proxy = try TestClient(test.world.proxyServer)
        try proxy.send(raw: "\(request) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try proxy.readAnswer().status == 403)
        #expect(test.world.recorder.requests.map(\.service) == ["proxy"])
        #expect(test.violations.isEmpty == isGood)
    }
}
