/// An HTTP header list: ordered, names compared without case, a name may occur more than once.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// The fields in the order they were added or received.
    public private(set) var fields: [Field] = []

    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    public init() {}

    /// Headers from a literal, in its order.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first value of `name`; setting replaces all of them, setting nil removes them.
    public subscript(name: String) -> String? {
        get {
            let wanted = name.lowercased()
            return fields.first { $0.name.lowercased() == wanted }?.value
        }
        set {
            let wanted = name.lowercased()
            fields.removeAll { $0.name.lowercased() == wanted }
            if let newValue { add(name, newValue) }
        }
    }

    /// All values of `name`, in order.
    public func all(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
    }

    /// Appends a field, keeping others of the same name.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }
}

public enum HTTPBody: Sendable {
    case none
    /// The whole body in memory; can be sent again on a retry or a redirect.
    case bytes([UInt8])
}

/// One HTTP request, before retries.
public struct HTTPRequest: Sendable {
    public var method: String
    /// The absolute URL, already percent-encoded. `file://` works for GET.
    public var url: String
    /// Headers beside those that the transport sets itself (User-Agent, Host, Content-Length).
    public var headers: HTTPHeaders
    public var body: HTTPBody
    /// Redirects that are followed; `Authorization` is dropped when scheme, host or port change. 0 returns the 3xx answer.
    public var redirects: Int
    /// How long the connection may take to be made.
    public var connectTimeout: Duration
    /// How long the transfer may go without a byte in either direction before it counts as stalled. While the receiver
    /// holds the body back, the time does not count. There is no total time-out.
    public var stallTimeout: Duration
    /// Whether the transfer gets an HTTP/1.1 connection for itself. For bodies of many megabytes: on a shared HTTP/2
    /// connection they share one congestion window, and libcurl buffers up to 32 MiB of a body that is held back.
    public var ownConnection: Bool
    /// Whether the body holds a secret, as one with an `Authorization` header is known to do. Such a request is not sent in
    /// plain text to another machine.
    public var bodyIsSecret = false

    public init(
        _ method: String,
        _ url: String,
        headers: HTTPHeaders = [:],
        body: HTTPBody = .none,
        redirects: Int = 5,
        connectTimeout: Duration = .seconds(30),
        stallTimeout: Duration = .seconds(60),
        ownConnection: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.redirects = redirects
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.ownConnection = ownConnection
    }
}

/// Status line and headers of an answer.
public struct HTTPHead: Sendable {
    /// The status code; for a `file://` 200, or 404 when there is no such file.
    public let status: Int
    /// The headers of the last answer, after redirects.
    public let headers: HTTPHeaders
    /// The URL that answered, after redirects.
    public let url: String

    public init(status: Int, headers: HTTPHeaders, url: String) {
        self.status = status
        self.headers = headers
        self.url = url
    }
}

/// An answer whose body is whole in memory.
public struct HTTPResponse: Sendable {
    public let head: HTTPHead
    /// The body, not decoded.
    public let body: [UInt8]

    public init(head: HTTPHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    public var status: Int { head.status }
    /// The body as text, malformed UTF-8 replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// An answer whose body arrives as it is read: what is not read is not taken from the network either.
public struct HTTPDownload: Sendable {
    public let head: HTTPHead
    /// The next piece of the body (not empty), nil at its end; throws `TransportError` when it breaks. One reader at a time.
    public let next: @Sendable () async throws -> [UInt8]?
    /// Ends the transfer at once; harmless after its end.
    public let cancel: @Sendable () -> Void

    public init(
        head: HTTPHead,
        next: @escaping @Sendable () async throws -> [UInt8]?,
        cancel: @escaping @Sendable () -> Void
    ) {
        self.head = head
        self.next = next
        self.cancel = cancel
    }
}

/// Something that sends HTTP requests, once each: no retry, no look at the status. Cancelling the task ends the transfer.
public protocol HTTPTransport: Sendable {
    /// Sends the request and returns when the final answer's head is there; the body streams. Throws `TransportError`.
    func download(_ request: HTTPRequest) async throws -> HTTPDownload
}

extension HTTPTransport {
    /// Sends the request and collects the answer; more than `limit` body bytes is an error.
    public func send(_ request: HTTPRequest, limit: Int = 64 << 20) async throws -> HTTPResponse {
        let download = try await download(request)
        var body: [UInt8] = []
        while let piece = try await download.next() {
            guard body.count + piece.count <= limit else {
                download.cancel()
                throw TransportError(
                    .tooLarge,
                    operation: "\(request.method) \(redactedURL(request.url))",
                    detail: "the answer is longer than \(limit) bytes"
                )
            }
            body += piece
        }
        return HTTPResponse(head: download.head, body: body)
    }
}

extension HTTPRequest {
    /// Throws when the request would carry a secret over plain HTTP to another machine. Applied by each transport that
    /// reaches a network, to each hop.
    func checkSecrecy() throws(TransportError) {
        guard bodyIsSecret || headers["Authorization"] != nil, let url = URLParts(url), url.scheme != "https",
            !url.isLoopback, !ProxySettings.metadataHosts.contains(url.host)
        else { return }
        throw TransportError(
            .insecure,
            operation: "\(method) \(redactedURL(self.url))",
            detail: "a key or token is not sent over plain http to another machine; use an https address, or "
                + "--insecure-endpoints where nobody else can read along"
        )
    }
}
