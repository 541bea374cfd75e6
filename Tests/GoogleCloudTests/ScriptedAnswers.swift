import FoundationEssentials
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

/// Answers requests from a script, in order, and keeps what was asked. A request that was not planned fails the test.
final class ScriptedAnswers: HTTPTransport {
    private struct Unplanned: Error {}
    private let script: Mutex<[(status: Int, body: String)]>
    private let asked = Mutex<[HTTPRequest]>([])

    init(_ answers: [(Int, String)]) {
        script = Mutex(answers.map { (status: $0.0, body: $0.1) })
    }

    /// The requests: `VERB URL`, and the body behind a blank.
    var requests: [String] {
        asked.withLock { $0 }.map { request in
            let body =
                if case .bytes(let bytes) = request.body { " " + String(decoding: bytes, as: UTF8.self) } else { "" }
            return "\(request.method) \(request.url)\(body)"
        }
    }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        asked.withLock { $0.append(request) }
        guard let answer = script.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            Issue.record("unplanned request: \(request.method) \(request.url)")
            throw Unplanned()
        }
        if answer.status == 0 { throw TransportError(.broken, operation: "scripted", detail: "cut") }
        let rest = Mutex<[UInt8]?>(Array(answer.body.utf8))
        return HTTPDownload(
            head: HTTPHead(status: answer.status, headers: [:], url: request.url),
            next: { rest.withLock { $0.take() }.flatMap { $0.isEmpty ? nil : $0 } },
            cancel: {}
        )
    }

    /// The services at short addresses, behind this transport.
    func api(_ time: FakeTime = FakeTime()) -> GoogleAPI {
        GoogleAPI(
            environment: Dictionary(
                uniqueKeysWithValues: GoogleService.allCases.map {
                    ("CLOUDSDK_API_ENDPOINT_OVERRIDES_\($0.rawValue.uppercased())", "http://\($0.rawValue)/")
                }
            ),
            transport: self,
            tokens: AnonymousTokens(),
            retry: RetryPolicy(tries: 4),
            clock: time.clock
        )
    }
}

/// A refusal as Google's services write it.
func refusal(_ status: Int, _ word: String, _ message: String) -> (Int, String) {
    (status, "{\"error\":{\"code\":\(status),\"status\":\"\(word)\",\"message\":\"\(message)\"}}")
}
