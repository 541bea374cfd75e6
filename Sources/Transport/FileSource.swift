import Glibc
import Synchronization
import Text

/// A `file://` URL as the source of a download. Not by libcurl, which would read the whole file into memory once paused.
enum FileSource {
    private static let pieceBytes = 256 << 10

    static func open(_ request: HTTPRequest) throws(TransportError) -> HTTPDownload {
        let operation = "\(request.method) \(redactedURL(request.url))"
        @Sendable func failure(_ kind: TransportError.Kind, _ detail: String) -> TransportError {
            TransportError(kind, operation: operation, detail: detail)
        }
        guard request.method == "GET" else { throw failure(.invalid, "a file:// address can only be read (GET)") }
        guard let path = path(of: request.url) else { throw failure(.invalid, "no valid file:// address") }

        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return missing(request.url) }
            throw failure(.file, "cannot open the file: \(String(cString: strerror(code)))")
        }
        let file = OpenFile(descriptor)
        guard let status = file.status() else { throw failure(.file, "cannot tell the file's size") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure(.file, "this is no regular file") }

        return HTTPDownload(
            head: HTTPHead(status: 200, headers: ["Content-Length": "\(status.st_size)"], url: request.url),
            next: {
                if Task.isCancelled { file.close() }
                guard let bytes = file.read(upTo: pieceBytes) else {
                    throw file.isOpen
                        ? failure(.file, "cannot read the file: \(String(cString: strerror(errno)))")
                        : failure(.cancelled, "cancelled")
                }
                return bytes.isEmpty ? nil : bytes
            },
            cancel: { file.close() }
        )
    }

    /// What a server says of a file that is not there.
    private static func missing(_ url: String) -> HTTPDownload {
        HTTPDownload(head: HTTPHead(status: 404, headers: [:], url: url), next: { nil }, cancel: {})
    }

    /// The path in `file:///path` or `file://localhost/path`, percent-decoded.
    static func path(of url: String) -> String? {
        var rest = url.dropFirst("file://".count)
        if rest.lowercased().hasPrefix("localhost/") { rest = rest.dropFirst("localhost".count) }
        guard url.lowercased().hasPrefix("file:///") || rest.hasPrefix("/") else { return nil }
        guard let path = percentDecoded(rest), !path.contains("\0") else { return nil }
        return path
    }
}

/// A descriptor that is closed once, at the latest when nobody holds it.
private final class OpenFile: Sendable {
    private let state: Mutex<Int32>

    init(_ descriptor: Int32) {
        state = Mutex(descriptor)
    }

    deinit {
        close()
    }

    var isOpen: Bool { state.withLock { $0 >= 0 } }

    func status() -> stat? {
        state.withLock { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 ? status : nil
        }
    }

    /// The next bytes, none at the end, nil on failure. Under the lock, so that nobody closes the file meanwhile.
    func read(upTo limit: Int) -> [UInt8]? {
        state.withLock { descriptor in
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
                repeat {
                    count = Glibc.read(descriptor, buffer.baseAddress, limit)
                } while count < 0 && errno == EINTR
                filled = max(0, count)
            }
            return count < 0 ? nil : bytes
        }
    }

    func close() {
        state.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}
