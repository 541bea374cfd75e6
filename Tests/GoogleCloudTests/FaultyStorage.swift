import Sandbox
import Synchronization
import Transport

@testable import GoogleCloud

/// The sandbox's Cloud Storage, asked through libcurl, with a way there on which one request or another goes wrong.
final class FaultyStorage: HTTPTransport {
    enum Fault: Sendable, CaseIterable {
        case brokenBefore, brokenAfter, unavailable, throttled, partial, sessionGone
    }

    private struct Way {
        /// The project's id.

        var requests: [HTTPRequest] = []
        var lostSessions: Set<String> = []
        var changesNextRead = false
    }

    let server: SandboxServer
    private let recorder = Recorder()
    let project = Sandbox.CloudProject().id
    private let service: StorageService
    private let directory: String
    private let transport = CurlTransport(userAgent: "tests", environment: [:])
    private let way = Mutex(Way())
    private let fault: @Sendable (_ index: Int) -> Fault?

    init(
        token: String? = nil,
        bucket: Sandbox.BucketSettings? = Sandbox.BucketSettings(),
        fault: @escaping @Sendable (_ index: Int) -> Fault? = { _ in nil }
    ) throws {
        self.fault = fault
        directory = try Files.makeTemporaryDirectory(prefix: "storage-tests")
        service = try StorageService(directory: directory, requireToken: token)
        if let bucket { try service.createBucket("bucket", bucket) }
        server = try SandboxServer(service: service, recorder: recorder)
    }

    deinit {
        server.stop()
        Files.removeTree(directory)
    }

    var requests: [HTTPRequest] { way.withLock { $0.requests } }

    /// Breaches of Google's description of the service.
    var violations: [String] { recorder.violations }

    /// Statuses of the answers to requests that end an upload's session: 499 when it was there.
    var endedSessions: [Int?] {
        recorder.requests.filter { $0.method == "DELETE" && $0.parameter("upload_id") != nil }.map(\.status)
    }

    /// The same bucket without faults.
    var calm: GCSStore {
        GCSStore(bucket: "bucket", transport: transport, tokens: AnonymousTokens(), endpoint: server.url)
    }

    func changeNextRead() { way.withLock { $0.changesNextRead = true } }

    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        if Task.isCancelled { throw TransportError(.cancelled, operation: "test", detail: "cancelled") }
        let index = way.withLock { way in
            way.requests.append(request)
            return way.requests.count - 1
        }
        let isChunk = request.method == "PUT" && request.headers["Content-Range"] != nil
        let broken = TransportError(.broken, operation: "test", detail: "cut")
        switch fault(index) {
        case .brokenBefore: throw broken
        case .brokenAfter:
            _ = try await transport.send(request)
            throw broken
        case .unavailable: return Self.answer(503, request)
        case .throttled: return Self.answer(429, request, headers: ["Retry-After": "7"])
        case .partial where isChunk: return try await transport.download(Self.cut(request))
        case .sessionGone where isChunk: way.withLock { _ = $0.lostSessions.insert(request.url) }
        default: break
        }
        if isChunk, way.withLock({ $0.lostSessions.contains(request.url) }) { return Self.answer(410, request) }
        let isChanged = way.withLock { way in
            defer { way.changesNextRead = false }
            return way.changesNextRead
        }
        guard isChanged else { return try await transport.download(request) }
        let answer = try await transport.send(request)
        return Self.answer(answer.status, request, headers: answer.head.headers, body: [0] + answer.body)
    }

    /// The request with as many whole quanta of its chunk as are less than all: what a server keeps is its own choice.
    private static func cut(_ request: HTTPRequest) -> HTTPRequest {
        guard case .bytes(let bytes) = request.body, !bytes.isEmpty,
            let first = request.headers["Content-Range"]?.dropFirst("bytes ".count).split(separator: "-").first
                .flatMap({ Int($0) })
        else { return request }
        var cut = request
        let kept = (bytes.count - 1) / (256 << 10) * (256 << 10)
        cut.headers["X-Goog-Hash"] = nil
        cut.headers["Content-Range"] = kept == 0 ? "bytes */*" : "bytes \(first)-\(first + kept - 1)/*"
        cut.body = .bytes(Array(bytes.prefix(kept)))
        return cut
    }

    private static func answer(
        _ status: Int,
        _ request: HTTPRequest,
        headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) -> HTTPDownload {
        let rest = Mutex<[UInt8]?>(body.isEmpty ? nil : body)
        return HTTPDownload(
            head: HTTPHead(status: status, headers: headers, url: request.url),
            next: { rest.withLock { $0.take() } },
            cancel: {}
        )
    }
}
