import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(30)))
struct UploadTests {
    /// More than the sockets of both sides hold, with recognisable bytes.
    private static let large = (0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 13) }

    @Test func aBodyArrivesByteForByte() async throws {
        let seen = Mutex<WireRequest?>(nil)
        try await withServer { connection in
            let request = connection.readRequest()
            seen.withLock { $0 = request }
            connection.answer("200 OK", body: "stored")
        } _: { server, transport in
            let answer = try await transport.send(HTTPRequest("PUT", server.url, body: .bytes(Self.large)))
            #expect(answer.text == "stored")
            let request = seen.withLock { $0 }
            #expect(request?.body == Self.large)
            #expect(request?.headers["transfer-encoding"] == nil && request?.headers["expect"] == nil)
        }
    }

    @Test func anEarlyRefusalIsReadWhileTheBodyWouldGoOn() async throws {
        try await withServer { connection in
            _ = connection.readHead()
            connection.answer("403 Forbidden", headers: ["Connection: close"], body: "no")
            connection.waitForClose()
        } _: { server, transport in
            let answer = try await transport.send(.patient("PUT", server.url, body: .bytes(Self.large)))
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
                await kindThrown {
                    _ = try await transport.send(.patient("PUT", server.url, body: .bytes(Self.large)))
                }
            }
            await arrived.wait()
            task.cancel()
            #expect(await task.value == .cancelled)
        }
    }
}
