import Dispatch
import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(30)))
struct CurlTransportTests {
    @Test func answersArriveWholeByLengthAndByChunks() async throws {
        try await withServer { connection in
            while let request = connection.readRequest() {
                if request.line.contains("/chunked") {
                    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A: 2 \r\n\r\n")
                    connection.write("5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n")
                } else {
                    connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
                    connection.answer(
                        "404 Not Found",
                        headers: ["ETag: \"e\""],
                        body: request.headers["user-agent"] ?? ""
                    )
                }
            }
        } _: { server, transport in
            let chunked = try await transport.send(HTTPRequest("GET", server.url + "/chunked"))
            #expect(chunked.status == 200 && chunked.text == "hello world")
            #expect(chunked.head.headers.all("x-a") == ["1", "2"])
            #expect(chunked.head.headers["X-Trailer"] == nil)

            let plain = try await transport.send(HTTPRequest("GET", server.url + "/plain"))
            #expect(plain.status == 404 && plain.text == "tests/1")
            #expect(plain.head.headers["etag"] == "\"e\"" && plain.head.headers["link"] == nil)
            #expect(server.acceptedConnections == 1)
        }
    }

    @Test func nothingIsAddedThatTheCallerDidNotAskFor() async throws {
        let seen = Mutex<[WireRequest]>([])
        try await withServer { connection in
            while let request = connection.readRequest() {
                seen.withLock { $0.append(request) }
                connection.answer("200 OK", body: "ok")
            }
        } _: { server, transport in
            let large = [UInt8](repeating: 7, count: 3 << 20)
            _ = try await transport.send(HTTPRequest("GET", server.url))
            _ = try await transport.send(HTTPRequest("PUT", server.url, body: .bytes(large)))
            _ = try await transport.send(HTTPRequest("POST", server.url, headers: ["X-Empty": ""]))
            _ = try await transport.send(HTTPRequest("DELETE", server.url))
            let requests = seen.withLock { $0 }
            #expect(
                requests.map(\.line.description).map { $0.prefix { $0 != " " } } == ["GET", "PUT", "POST", "DELETE"]
            )
            for request in requests {
                #expect(request.headers["accept-encoding"] == nil && request.headers["expect"] == nil)
                #expect(request.headers["content-type"] == nil)
            }
            #expect(requests[1].body == large)
            #expect(requests[2].headers["content-length"] == "0" && requests[2].headers["x-empty"] == "")
            #expect(requests[3].headers["content-length"] == nil)
        }
    }

    @Test func aReaderThatStopsHoldsTheServerBack() async throws {
        try await withLongerTimeouts(.milliseconds(400)) { try await holdServerBack(stallTimeout: $0) }
    }

    private func holdServerBack(stallTimeout: Duration) async throws {
        let total = 64 << 20
        let written = Atomic(0)
        try await withServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let piece = [UInt8](repeating: 1, count: 64 << 10)
            while written.load(ordering: .relaxed) < total, connection.write(piece) {
                written.add(piece.count, ordering: .relaxed)
            }
        } _: { server, transport in
            let download = try await transport.download(HTTPRequest("GET", server.url, stallTimeout: stallTimeout))
            var before = -1
            // The server blocks when what it has written no longer grows.
            while written.load(ordering: .relaxed) != before {
                before = written.load(ordering: .relaxed)
                // Longer than the stall time-out: while we hold back, its clock stands still.
                try await Task.sleep(for: stallTimeout * 1.25)
            }
            #expect(before < 24 << 20)
            var received = 0
            while let piece = try await download.next() { received += piece.count }
            #expect(received == total)
        }
    }

    @Test func aTransferThatStandsStillIsStalled() async throws {
        try await withServer { connection in
            guard let request = connection.readHead() else { return }
            if request.line.contains("/body") {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            }
            connection.waitForClose()
        } _: { server, transport in
            for path in ["/head", "/body"] {
                let request = HTTPRequest("GET", server.url + path, stallTimeout: .milliseconds(100))
                #expect(await kindThrown { _ = try await transport.send(request) } == .stalled)
            }
        }
    }

    @Test(arguments: ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab", ""])
    func aCutAnswerIsBroken(rest: String) async throws {
        try await withServer { connection in
            _ = connection.readRequest()
            if !rest.isEmpty { connection.write("HTTP/1.1 200 OK\r\n" + rest) }
        } _: { server, transport in
            #expect(await kindThrown { _ = try await transport.send(HTTPRequest("GET", server.url)) } == .broken)
        }
    }

    @Test func cancellingTheTaskEndsTheWaitForTheHead() async throws {
        let arrived = Signal()
        let closed = Signal()
        try await withServer { connection in
            _ = connection.readRequest()
            arrived.set()
            connection.waitForClose()
            closed.set()
        } _: { server, transport in
            let task = Task { await kindThrown { _ = try await transport.send(.patient("GET", server.url)) } }
            await arrived.wait()
            task.cancel()
            #expect(await task.value == .cancelled)
            await closed.wait()
        }
    }

    @Test func cancellingADownloadEndsItMidBody() async throws {
        let closed = Signal()
        try await withServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.waitForClose()
            closed.set()
        } _: { server, transport in
            let download = try await transport.download(.patient("GET", server.url))
            let first = try await download.next()
            #expect(first == Array("abc".utf8))
            async let waiting = kindThrown { _ = try await download.next() }
            download.cancel()
            #expect(await waiting == .cancelled)
            await closed.wait()
        }
    }

    @Test func aDownloadThatNobodyHoldsIsEnded() async throws {
        let closed = Signal()
        try await withServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            connection.waitForClose()
            closed.set()
        } _: { server, transport in
            _ = try await transport.download(.patient("GET", server.url))
            await closed.wait()
        }
    }

    @Test func shutdownEndsWhatRunsAndRefusesWhatComes() async throws {
        let arrived = Signal()
        try await withServer { connection in
            _ = connection.readRequest()
            arrived.set()
            connection.waitForClose()
        } _: { server, transport in
            async let running = kindThrown { _ = try await transport.send(.patient("GET", server.url)) }
            await arrived.wait()
            await transport.shutdown()
            #expect(await running == .cancelled)
            #expect(await kindThrown { _ = try await transport.send(HTTPRequest("GET", server.url)) } == .cancelled)
        }
    }

    @Test func fortyTransfersRunAtOnce() async throws {
        let count = 40
        let arrived = Atomic(0)
        let all = Signal()
        let release = DispatchSemaphore(value: 0)
        try await withServer { connection in
            guard let request = connection.readRequest() else { return }
            if arrived.add(1, ordering: .relaxed).newValue == count { all.set() }
            // One after the other, each lets the next one go.
            release.wait()
            release.signal()
            connection.answer("200 OK", body: request.line)
        } _: { server, transport in
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<count {
                    group.addTask { try await transport.send(HTTPRequest("GET", server.url + "/\(index)")).text }
                }
                await all.wait()
                release.signal()
                var lines: Set<String> = []
                for try await line in group { lines.insert(line) }
                #expect(lines == Set((0..<count).map { "GET /\($0) HTTP/1.1" }))
            }
        }
    }

    @Test func nobodyListensIsAConnectError() async throws {
        let port = try await withServer { _ in
        } _: { server, _ in
            server.port
        }
        let transport = CurlTransport(userAgent: "tests/1", environment: [:])
        let kind = await kindThrown { _ = try await transport.send(HTTPRequest("GET", "http://127.0.0.1:\(port)/")) }
        #expect(kind == .connect)
        await transport.shutdown()
    }

    @Test(arguments: ["X\r\nEvil", "a\u{0}b"])
    func aHeaderWithAControlCharacterIsRefused(value: String) async throws {
        let transport = CurlTransport(userAgent: "tests/1", environment: [:])
        let request = HTTPRequest("GET", "http://127.0.0.1:1/", headers: ["X-A": value])
        #expect(await kindThrown { _ = try await transport.send(request) } == .invalid)
        await transport.shutdown()
    }
}
