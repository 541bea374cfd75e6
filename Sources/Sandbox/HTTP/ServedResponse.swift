import Glibc
public import Text

/// An answer: status, headers, body. `Content-Length` and `Connection` are added by the server.
public struct ServedResponse: Sendable {
    /// Where the body's bytes come from.
    public enum Body: Sendable {
        /// Bytes in memory.
        case bytes([UInt8])
        /// A part of an open file, sent in pieces as the client takes them.
        case file(OpenFile, Range<Int>)

        /// Number of bytes.
        public var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(_, let range): range.count
            }
        }
    }

    public var status: Int
    public var headers: ServedHeaders
    public var body: Body

    /// Makes an answer; the body is empty unless given.
    public init(status: Int, headers: ServedHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer that carries a JSON document.
    public static func json(_ value: JSONValue, status: Int = 200) -> ServedResponse {
        ServedResponse(
            status: status,
            headers: ["Content-Type": "application/json; charset=UTF-8"],
            body: .bytes(value.bytes())
        )
    }

    /// An answer that carries text.
    public static func text(_ text: String, type: String = "text/plain", status: Int = 200) -> ServedResponse {
        ServedResponse(status: status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}

/// A file opened for reading, closed with the last reference.
public final class OpenFile: Sendable {
    let descriptor: Int32
    /// Size in bytes at the time of opening.
    public let size: Int

    /// Opens a file; throws `SandboxError` naming it when that fails.
    public init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SandboxError.system("open \(path)") }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else {
            close(descriptor)
            throw SandboxError.system("stat \(path)")
        }
        self.descriptor = descriptor
        self.size = Int(info.st_size)
    }

    deinit { close(descriptor) }

    /// Reads up to `count` bytes at `offset`; an empty array is the end of the file.
    func read(at offset: Int, count: Int) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = retryingInterrupts { pread(descriptor, buffer.baseAddress, count, off_t(offset)) }
            failed = got < 0
            filled = max(0, got)
        }
        if failed { throw SandboxError.system("read a file") }
        return bytes
    }
}

/// What a refusal says, which each service has a form of its own for.
public struct RefusalText: Sendable {
    public let status: Int
    public let message: String
    /// Google's or S3's word; nil for the usual one of the status.
    public let reason: String?
    /// Tardis's number; nil for the status.
    public let code: Int?
    public let retryAfterSeconds: JSONValue?

    init(
        _ status: Int,
        _ message: String,
        reason: String? = nil,
        code: Int? = nil,
        retryAfterSeconds: JSONValue? = nil
    ) {
        self.status = status
        self.message = message
        self.reason = reason
        self.code = code
        self.retryAfterSeconds = retryAfterSeconds
    }
}

/// One of the stand-ins: answers requests and knows what a refusal of its original looks like.
public protocol SandboxService: Sendable {
    /// Name for fault rules and records, such as `gcs`.
    var name: String { get }
    /// Answers one request; a thrown `Refusal` becomes its answer, any other error a 500.
    func respond(to exchange: Exchange) throws -> ServedResponse
    /// The answer of this service for faults and for errors of the server itself.
    func refusal(_ told: RefusalText) -> ServedResponse
    /// The page with a given status of what stands before the service, which knows nothing of its JSON.
    func frontPage(status: Int) -> ServedResponse
}

extension SandboxService {
    /// The page of Google's front end.
    public func frontPage(status: Int) -> ServedResponse {
        let phrase = reasonPhrase(status)
        let page = """
            <!DOCTYPE html>
            <html lang=en>
              <meta charset=utf-8>
              <title>Error \(status) (\(phrase))!!1</title>
              <p><b>\(status).</b> <ins>That\u{2019}s an error.</ins>
              <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.
              <ins>That\u{2019}s all we know.</ins>
            </html>

            """
        return .text(page, type: "text/html; charset=UTF-8", status: status)
    }
}

/// An answer thrown from the depth of a handler.
public struct Refusal: Error, Sendable {
    public let response: ServedResponse

    public init(_ response: ServedResponse) { self.response = response }
}
