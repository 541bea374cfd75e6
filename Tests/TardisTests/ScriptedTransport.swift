import Synchronization
import Testing
import Transport

/// Answers requests from a script, in order, and keeps what was asked. A request that was not planned fails the test.
final class ScriptedTransport: HTTPTransport {
    struct Answer: Sendable {
        var status = 200
        var headers: HTTPHeaders = [:]
        var pieces: [[UInt8]] = []
        /// How the body ends: whole when nil.
        var breaks: TransportError.Kind?
        /// Where a redirect led to; the request's own URL when nil.
        var url: String?

        init(
            _ status: Int = 200,
            _ headers: HTTPHeaders = [:],
            _ text: String = "",
            pieces: [[UInt8]]? = nil,
            breaks: TransportError.Kind? = nil,
            url: String? = nil
        ) {
            self.url = url
            self.status = status
            self.headers = headers
            self.pieces = pieces ?? (text.isEmpty ? [] : [Array(text.utf8)])
            self.breaks = breaks
        }
    }

    private struct Unplanned: Error {}
    private let script: Mutex<[Answer]>
    private let asked = Mutex<[HTTPRequest]>([])

    init(_ answers: [Answer]) {
        script = Mutex(answers)
    }

    var requests: [HTTPRequest] { asked.withLock { $0 } }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        asked.withLock { $0.append(request) }
        guard let answer = script.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            Issue.record("unplanned request: \(request.method) \(request.url)")
            throw Unplanned()
        }
        if answer.status == 0 { throw TransportError(answer.breaks ?? .connect, operation: "GET", detail: "scripted") }
        let pieces = PieceSource(answer)
        return HTTPDownload(
            head: HTTPHead(status: answer.status, headers: answer.headers, url: answer.url ?? request.url),
            next: { try pieces.next() },
            cancel: {}
        )
    }
}

private final class PieceSource: Sendable {
    private let state: Mutex<ScriptedTransport.Answer>

    init(_ answer: ScriptedTransport.Answer) {
        state = Mutex(answer)
    }

    func next() throws -> [UInt8]? {
        try state.withLock { answer in
            if !answer.pieces.isEmpty { return answer.pieces.removeFirst() }
            if let kind = answer.breaks { throw TransportError(kind, operation: "GET", detail: "scripted break") }
            return nil
        }
    }
}

/// A clock that the pauses drive: sleeping moves it on.
final class PausedClock: Sendable {
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var pauses: [Duration] { state.withLock { $0.pauses } }

    var clock: ToolClock {
        ToolClock(
            epochMicroseconds: { 1_700_000_000_000_000 },
            monotonic: { [self] in state.withLock { $0.now } },
            sleep: { [self] pause in
                state.withLock { state in
                    state.now += pause
                    state.pauses.append(pause)
                }
            },
            random: { 0 }
        )
    }
}
