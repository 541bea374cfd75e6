import Synchronization
import Testing

@testable import Transport

/// Runs a test against a scripted server with a transport of its own; both are gone afterwards.
func withServer<T>(
    environment: [String: String] = [:],
    _ script: @escaping SocketServer.Script,
    _ body: (SocketServer, CurlTransport) async throws -> T
) async throws -> T {
    let server = try SocketServer(script)
    let transport = CurlTransport(userAgent: "tests/1", environment: environment)
    defer { server.stop() }
    do {
        let result = try await body(server, transport)
        await transport.shutdown()
        return result
    } catch {
        await transport.shutdown()
        throw error
    }
}

/// The kind of the transport error that `body` throws.
func kindThrown(_ body: () async throws -> Void) async -> TransportError.Kind? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? TransportError)?.kind
    }
}

/// Runs a test of a time-out, with a longer one as long as the transfer stalls: on a busy machine the other side may take longer
/// than a short one by itself, which proves nothing. What is wrong in us goes wrong with every time-out.
func withLongerTimeouts(_ first: Duration, _ body: (Duration) async throws -> Void) async throws {
    var timeout = first
    for _ in 0..<5 {
        do {
            return try await body(timeout)
        } catch let error as TransportError where error.kind == .stalled {
            timeout *= 4
        }
    }
    try await body(timeout)
}

extension HTTPRequest {
    /// A request to a server that stands still on purpose: on a busy machine it may be minutes until the test goes on.
    static func patient(_ method: String, _ url: String, body: HTTPBody = .none) -> HTTPRequest {
        HTTPRequest(method, url, body: body, stallTimeout: .seconds(3600))
    }
}

/// Something that happens once; waiting for it afterwards returns at once.
final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func set() {
        let waiters = state.withLock { state in
            state.isSet = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiters.append(waiter) }
                return state.isSet
            }
            if isSet { waiter.resume() }
        }
    }
}
