import Glibc
import Host
import Text

/// A `file://` URL as the source of a download. Not by libcurl, which would read the whole file into memory once paused.
enum FileSource {
    static func open(_ request: HTTPRequest) throws(TransportError) -> HTTPDownload {
        let operation = "\(request.method) \(redactedURL(request.url))"
        @Sendable func failure(_ kind: TransportError.Kind, _ detail: String) -> TransportError {
            TransportError(kind, operation: operation, detail: detail)
        }
        guard request.method == "GET" else { throw failure(.invalid, "a file:// address can only be read (GET)") }
        guard let path = path(of: request.url) else { throw failure(.invalid, "no valid file:// address") }

        let file: ReadableFile
        let size: Int64
        do {
            file = try ReadableFile(path)
            size = try file.size()
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return missing(request.url) }
            throw failure(.file, "\(error)")
        }
        return HTTPDownload(
            head: HTTPHead(status: 200, headers: ["Content-Length": "\(size)"], url: request.url),
            next: { () throws(TransportError) -> [UInt8]? in
                if Task.isCancelled { file.close() }
                do throws(FileError) {
                    let bytes = try file.next()
                    return bytes.isEmpty ? nil : bytes
                } catch {
                    throw error.code == EBADF ? failure(.cancelled, "cancelled") : failure(.file, "\(error)")
                }
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
