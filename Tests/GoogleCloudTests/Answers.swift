import FoundationEssentials
import Synchronization
import Transport

/// Answers each request by a closure, which is told its number from 1 on, and keeps the requests.
final class Answers: HTTPTransport {
    typealias Answer = (status: Int, headers: HTTPHeaders, body: String)
    private let answer: @Sendable (_ request: HTTPRequest, _ number: Int) throws -> Answer
    private let kept = Mutex<[HTTPRequest]>([])

    init(_ answer: @escaping @Sendable (HTTPRequest, Int) throws -> Answer) { self.answer = answer }

    var requests: [HTTPRequest] { kept.withLock { $0 } }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        let number = kept.withLock { kept in
            kept.append(request)
            return kept.count
        }
        let (status, headers, body) = try answer(request, number)
        let rest = Mutex<[UInt8]?>(Array(body.utf8))
        return HTTPDownload(
            head: HTTPHead(status: status, headers: headers, url: request.url),
            next: { rest.withLock { $0.take() }.flatMap { $0.isEmpty ? nil : $0 } },
            cancel: {}
        )
    }

    /// The body of a request as text.
    func body(_ index: Int) -> String {
        guard case .bytes(let bytes) = requests[index].body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The members of the last request's form.
    var form: [String: String] {
        let items = URLComponents(string: "http://h/?" + (requests.isEmpty ? "" : body(requests.count - 1)))?.queryItems
        return Dictionary(uniqueKeysWithValues: (items ?? []).map { ($0.name, $0.value ?? "") })
    }
}
