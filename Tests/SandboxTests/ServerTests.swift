import Glibc
import Sandbox
import Synchronization
import Testing
import Text

/// A thread beside the test's own.
private final class Thread {
    private var thread = pthread_t()

    init(_ work: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Work(work))
        pthread_create(
            &thread,
            nil,
            { pointer in
                if let pointer { Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            },
            box.toOpaque()
        )
    }

    func join() { pthread_join(thread, nil) }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// Answers with what it was asked; HEAD, chunked bodies and keep-alive are judged by it.
private struct EchoService: SandboxService {
    let name = "echo"

    func respond(to exchange: Exchange) throws -> ServedResponse {
        if exchange.request.path == "/ignore" { return .text("not read") }
        let body = try exchange.body.readAll(limit: 100_000_000)
        return .text("\(exchange.request.method) \(exchange.request.target) \(body.count) \(body.last ?? 0)")
    }

    func refusal(_ told: RefusalText) -> ServedResponse {
        .text(told.message, status: told.status)
    }
}

@Suite struct ServerTests {
    private let recorder = Recorder()
    private let faults = FaultInjector()

    private func withServer(_ work: (SandboxServer, TestClient) throws -> Void) throws {
        let server = try SandboxServer(service: EchoService(), recorder: recorder, faults: faults)
        defer { server.stop() }
        try work(server, TestClient(server))
    }

    @Test func aConnectionServesSeveralRequests() throws {
        try withServer { _, client in
            #expect(try client.call("GET", "/a").text == "GET /a 0 0")
            #expect(try client.call("POST", "/b?c=d", body: [1, 2, 3]).text == "POST /b?c=d 3 3")
            let head = try client.call("HEAD", "/a")
            #expect(head.headers["content-length"] == "11")
            #expect(try client.call("GET", "/ignore", body: noise(300_000)).text == "not read")
            #expect(try client.call("GET", "/last", ["Connection": "close"]).text == "GET /last 0 0")
            #expect(try client.isAtEnd())
        }
    }

    @Test func chunkedBodiesAreRead() throws {
        try withServer { _, client in
            try client.send(raw: "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send(raw: "3\r\nabc\r\nA;note=1\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n")
            #expect(try client.readAnswer().text == "PUT /c 13 57")
            #expect(try client.call("GET", "/next").status == 200)
        }
    }

    @Test func continueIsSaidBeforeTheBody() throws {
        try withServer { _, client in
            let head = "PUT /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
            try client.send(raw: head)
            #expect(try client.readAnswer().status == 100)
            try client.send(raw: "hi")
            #expect(try client.readAnswer().text == "PUT /e 2 105")
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/2\r\nHost: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nbad line\r\n\r\n", 400), ("GET /?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n", 400),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ])
    func badRequestsAreRefusedAndNoted(text: String, status: Int) throws {
        try withServer { _, client in
            try client.send(raw: text)
            #expect(try client.readAnswer().status == status)
            #expect(recorder.violations.count == 1)
        }
    }

    @Test func largeBodiesPassThrough() throws {
        try withServer { _, client in
            let answer = try client.call("PUT", "/big", body: noise(5_000_001))
            #expect(answer.text.hasPrefix("PUT /big 5000001 "))
            #expect(recorder.requests.last?.bodyBytes == 5_000_001)
        }
    }

    @Test func stoppingEndsOpenConnections() throws {
        let server = try SandboxServer(service: EchoService(), recorder: recorder, faults: faults)
        let client = try TestClient(server)
        #expect(try client.call("GET", "/a").status == 200)
        server.stop()
        #expect(try client.isAtEnd())
        #expect(throws: ClientError.self) { _ = try TestClient(server) }
    }

    /// A connection that ends while the server stops gives its descriptor's number back, and somebody else may have it at once.
    @Test func stoppingTouchesNoDescriptorOfOthers() throws {
        let isDone = Atomic(false)
        let touched = Atomic(0)
        let bystander = Thread {
            while !isDone.load(ordering: .relaxed) {
                var pair: [Int32] = [0, 0]
                guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else { continue }
                for _ in 0..<20 { sched_yield() }
                for descriptor in pair {
                    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
                    poll(&entry, 1, 0)
                    if entry.revents & Int16(POLLHUP) != 0 { touched.add(1, ordering: .relaxed) }
                }
                for descriptor in pair { close(descriptor) }
            }
        }
        for _ in 0..<20 {
            let server = try SandboxServer(service: EchoService(), recorder: recorder, faults: faults)
            nonisolated(unsafe) let clients = try (0..<150).map { _ in try TestClient(server) }
            for client in clients { _ = try client.call("GET", "/a") }
            let ending = Thread { for client in clients { client.hangUp() } }
            server.stop()
            ending.join()
        }
        isDone.store(true, ordering: .relaxed)
        bystander.join()
        #expect(touched.load(ordering: .relaxed) == 0)
    }

    @Test func authorizationIsRecordedWithoutItsValue() throws {
        try withServer { _, client in
            _ = try client.call("GET", "/a", ["Authorization": "Bearer secret"])
            #expect(recorder.requests.last?.headers["authorization"] == "<redacted>")
        }
    }

    // MARK: faults

    @Test func aStatusStrikesTheCountedRequestsOnly() throws {
        try withServer { _, client in
            try faults.add("path=/a* nth=2-3 status=503 retry-after=7")
            let statuses = try (1...4).map { _ in try client.call("GET", "/abc").status }
            #expect(statuses == [200, 503, 503, 200])
            #expect(try client.call("GET", "/b").status == 200)
        }
    }

    @Test func theRetryTimeIsSent() throws {
        try withServer { _, client in
            try faults.add("status=429 retry-after=7")
            #expect(try client.call("GET", "/").headers["retry-after"] == "7")
        }
    }

    @Test func aCutBodyEndsEarly() throws {
        try withServer { _, client in
            try faults.add("cut=4")
            let answer = try client.call("GET", "/abc")
            #expect(answer.isCut)
            #expect(answer.text == "GET ")
        }
    }

    @Test func aWrongLengthIsAnnounced() throws {
        try withServer { _, client in
            try faults.add("length=+5")
            let answer = try client.call("GET", "/abc")
            #expect(answer.headers["content-length"] == "17")
            #expect(answer.isCut)
        }
    }

    @Test func oneByteIsCorrupted() throws {
        try withServer { _, client in
            try faults.add("corrupt=1")
            #expect(
                try client.call("GET", "/").body
                    == Array("GET / 0 0".utf8).enumerated().map { $0 == 1 ? $1 ^ 0xFF : $1 }
            )
        }
    }

    @Test func aResetBeforeHidesTheRequestFromTheService() throws {
        try withServer { server, client in
            try faults.add("nth=1 reset=before")
            #expect(throws: ClientError.self) { try client.call("GET", "/a") }
            #expect(recorder.requests.map(\.status) == [nil])
            #expect(try TestClient(server).call("GET", "/a").status == 200)
        }
    }

    @Test func aLostAnswerWasWorkedOn() throws {
        try withServer { _, client in
            try faults.add("reset=after")
            #expect(throws: ClientError.self) { try client.call("GET", "/a") }
            #expect(recorder.requests.map(\.status) == [200])
        }
    }

    @Test func bandwidthAndStallOnlyDelay() throws {
        try withServer { _, client in
            try faults.add("bandwidth=1K stall=20 at=3 latency=5")
            let start = ContinuousClock.now
            let answer = try client.call("GET", "/0123456789/0123456789/0123456789")
            #expect(answer.text.hasSuffix("789 0 0"))
            #expect(ContinuousClock.now - start >= .milliseconds(28))
        }
    }

    @Test func aStallEndsWhenTheServerStops() throws {
        let server = try SandboxServer(service: EchoService(), recorder: recorder, faults: faults)
        try faults.add("stall=forever at=2")
        let client = try TestClient(server)
        try client.send(raw: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        // What the server sends before the stall has arrived; a request that is only recorded may not be answered yet.
        let head = try client.readHead()
        try client.waitForBody(2)
        server.stop()
        let answer = try client.readBody(of: head)
        #expect(answer.isCut)
        #expect(answer.text == "GE")
    }

    @Test(arguments: [
        "nonsense", "status=99", "path=x", "nth=0 status=500", "nth=5-2 status=500", "colour=red status=500", "cut=-1",
        "reset=sometimes", "probability=2 status=500",
    ])
    func wrongRulesAreRefused(text: String) {
        #expect(throws: SandboxError.self) { try FaultRule(parsing: text) }
    }

    @Test func theSeedDecidesWhichShareIsStruck() throws {
        try withServer { _, client in
            try faults.add("probability=0.5 seed=3 status=500")
            let first = try (0..<40).map { _ in try client.call("GET", "/").status }
            faults.removeAll()
            try faults.add("probability=0.5 seed=3 status=500")
            let second = try (0..<40).map { _ in try client.call("GET", "/").status }
            #expect(first == second)
            #expect((10...30).contains(first.count { $0 == 500 }))
        }
    }
}
