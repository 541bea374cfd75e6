import Glibc
import Synchronization
public import Text

/// One request as it was received.
public struct RecordedRequest: Sendable, Equatable {
    public let service: String
    public let method: String
    public let url: String
    /// Header lines; the value of `Authorization` is replaced.
    public let headers: ServedHeaders
    /// The JSON document of the body, if it was one.
    public let body: JSONValue?
    /// A mark such as `resumable-chunk`.
    public let kind: String?
    /// Bytes of the body that arrived.
    public let bodyBytes: Int
    /// What it was answered; nil when the connection ended first.
    public let status: Int?
    /// Breaches of the contract in it.
    public let violations: [String]

    /// The first value of a query parameter.
    public func parameter(_ name: String) -> String? {
        let query = url.split(separator: "?", maxSplits: 1).dropFirst().first
        return query.flatMap(QueryItem.all)?.first { $0.name == name }?.value
    }

    var json: JSONValue {
        var headerFields = JSONObject()
        for field in headers.fields { headerFields[field.name] = .string(field.value) }
        var fields: JSONObject = [
            "service": .string(service), "method": .string(method), "url": .string(url),
            "headers": .object(headerFields), "bodyBytes": .integer(bodyBytes),
        ]
        fields["status"] = status.map(JSONValue.integer)
        fields["kind"] = kind.map(JSONValue.string)
        fields["body"] = body
        if !violations.isEmpty { fields["violations"] = .array(violations.map(JSONValue.string)) }
        return .object(fields)
    }
}

/// Keeps every request, in memory and, if asked, as JSON lines in a file; and every breach of a contract.
public final class Recorder: Sendable {
    private struct State {
        var requests: [RecordedRequest] = []
        var violations: [String] = []
        var file: Int32?
    }

    private let state: Mutex<State>

    /// Records in memory only.
    public init() { state = Mutex(State()) }

    public init(file path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SandboxError.system("open the record file \(path)") }
        state = Mutex(State(file: descriptor))
    }

    deinit {
        state.withLock { state in
            if let file = state.file { close(file) }
        }
    }

    /// All requests so far, in the order of their answers.
    public var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Breaches of a contract so far, each a sentence; a good client causes none.
    public var violations: [String] { state.withLock { $0.violations } }

    func noteViolation(_ text: String) {
        state.withLock { $0.violations.append(text) }
    }

    func record(_ exchange: Exchange, service: String, status: Int?) {
        var headers = exchange.request.headers
        if headers["Authorization"] != nil { headers["Authorization"] = "<redacted>" }
        let entry = RecordedRequest(
            service: service,
            method: exchange.request.method,
            url: exchange.request.target,
            headers: headers,
            body: exchange.recordedBody,
            kind: exchange.recordedKind,
            bodyBytes: exchange.body.received,
            status: status,
            violations: exchange.violations
        )
        state.withLock { state in
            state.requests.append(entry)
            state.violations += exchange.violations.map { "\(entry.method) \(entry.url): \($0)" }
            if let file = state.file {
                let line = entry.json.bytes() + [0x0A]
                _ = retryingInterrupts { write(file, line, line.count) }
            }
        }
    }
}
