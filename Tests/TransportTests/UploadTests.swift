import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(30)))
struct UploadTests {
    /// Uneven pieces with recognisable bytes.
    private static func pieces() -> [[UInt8]] {
        (0..<300).map { index in (0..<(index * 97) % 20_011).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) } }
    }

    private static func stream(_ pieces: [[UInt8]]) -> @Sendable () async throws -> [UInt8]? {
        let next = Atomic(0)
        return {
            let index = next.add(1, ordering: .relaxed).oldValue
            await Task.yield()
            return index < pieces.count ? pieces[index] : nil
        }
    }

    @Test(arguments: [true, false])
    func aStreamedBodyArrivesByteForByte(lengthIsKnown: Bool) async throws {
        let seen = Mutex<WireRequest?>(nil)
        let pieces = Self.pieces()
        let whole = pieces.flatMap { $0 }
        try await withServer { connection in
            let request = connection.readRequest()
            seen.withLock { $0 = request }
            connection.answer("200 OK", body: "stored")
        } _: { server, transport in
            let length = lengthIsKnown ? Int64(whole.count) : nil
            let body = HTTPBody.stream(length: length, next: Self.stream(pieces))
            let answer = try await transport.send(HTTPRequest("PUT", server.url, body: body))
            #expect(answer.text == "stored")
            let request = seen.withLock { $0 }
            #expect(request?.body == whole)
            #expect(request?.headers["transfer-encoding"] == (lengthIsKnown ? nil : "chunked"))
        }
    }

    @Test func aStreamThatWaitsDoesNotStall() async throws {
        try await withServer { connection in
            connection.answer("200 OK", body: String(decoding: connection.readRequest()?.body ?? [], as: UTF8.self))
        } _: { server, transport in
            try await withLongerTimeouts(.milliseconds(100)) { timeout in
                let step = Atomic(0)
                let body = HTTPBody.stream(length: nil) {
                    // Longer than the stall time-out: the clock must stand still while the stream has nothing.
                    try await Task.sleep(for: timeout * 3)
                    return step.add(1, ordering: .relaxed).oldValue < 2 ? Array("ab".utf8) : nil
                }
                let request = HTTPRequest("PUT", server.url, body: body, stallTimeout: timeout)
                let answer = try await transport.send(request)
                #expect(answer.text == "abab")
            }
        }
    }

    @Test func aStreamThatFailsIsABodyError() async throws {
        struct Broken: Error {}
        try await withServer { connection in
            _ = connection.readRequest()
        } _: { server, transport in
            let body = HTTPBody.stream(length: nil) { throw Broken() }
            #expect(
                await kindThrown { _ = try await transport.send(HTTPRequest("PUT", server.url, body: body)) } == .body
            )
        }
    }

    @Test(arguments: [Int64(1), 1_000])
    func aStreamOfAnotherLengthThanAnnouncedIsABodyError(length: Int64) async throws {
        try await withServer { connection in
            _ = connection.readRequest()
        } _: { server, transport in
            let body = HTTPBody.stream(length: length, next: Self.stream([[1, 2, 3]]))
            #expect(
                await kindThrown { _ = try await transport.send(HTTPRequest("PUT", server.url, body: body)) } == .body
            )
        }
    }

    @Test func anEarlyRefusalIsReadWhileTheStreamWouldGoOn() async throws {
        try await withServer { connection in
            _ = connection.readHead()
            connection.answer("403 Forbidden", headers: ["Connection: close"], body: "no")
            connection.waitForClose()
        } _: { server, transport in
            let isFirst = Atomic(true)
            let body = HTTPBody.stream(length: nil) {
                if isFirst.exchange(false, ordering: .relaxed) { return [1] }
                try await Task.sleep(for: .seconds(600))
                return nil
            }
            let answer = try await transport.send(HTTPRequest("PUT", server.url, body: body))
            #expect(answer.status == 403 && answer.text == "no")
        }
    }

    @Test func cancellingEndsAnUpload() async throws {
        let arrived = Signal()
        try await withServer { connection in
            _ = connection.readHead()
            arrived.set()
            connection.waitForClose()
        } _: { server, transport in
            let task = Task {
                let body = HTTPBody.stream(length: nil) { [UInt8](repeating: 0, count: 1 << 16) }
                return await kindThrown { _ = try await transport.send(HTTPRequest("PUT", server.url, body: body)) }
            }
            await arrived.wait()
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }
}
