/// Reads an upload's `multipart/related` body of two parts: metadata, then the object's bytes, which go to a file.
///
/// Bare LF line ends and a boundary in single quotes are taken, because gsutil and gcloud write them.
struct MultipartReader {
    struct Head {
        let headers: ServedHeaders
        let body: [UInt8]
    }

    private let body: RequestBody
    private let boundary: [UInt8]
    private var buffer: [UInt8] = []
    private var lineEnd: [UInt8] = []

    init(_ body: RequestBody, contentType: String?) throws {
        self.body = body
        guard let boundary = Self.boundary(of: contentType, kind: "multipart/related") else {
            throw Refusal.invalid("A multipart upload needs Content-Type: multipart/related; boundary=…")
        }
        self.boundary = boundary
    }

    /// The line between parts, as the content type of this kind names it; nil when it is another or names none.
    static func boundary(of contentType: String?, kind: String) -> [UInt8]? {
        let parts = (contentType ?? "").split(separator: ";").map { trimmed($0) }
        let named = parts.first { $0.lowercased().hasPrefix("boundary=") }.map { $0.dropFirst(9) }
        guard parts.first?.lowercased() == kind, var name = named else { return nil }
        for quote in ["\"", "'"] where name.count > 2 && name.hasPrefix(quote) && name.hasSuffix(quote) {
            name = name.dropFirst().dropLast()
        }
        return Array("--\(name)".utf8)
    }

    /// The first part; at most 1 MiB.
    mutating func readMetadata() throws -> Head {
        guard try readLine() == boundary else { throw Self.malformed }
        let headers = try readHeaders()
        var content: [UInt8] = []
        while true {
            let line = try readLine()
            if line == boundary { return Head(headers: headers, body: content) }
            content += line + lineEnd
            guard content.count < 1 << 20 else { throw Self.malformed }
        }
    }

    /// The second part: its headers; the bytes up to the closing boundary go to the file.
    mutating func storeMedia(in writer: FileWriter) throws -> ServedHeaders {
        let headers = try readHeaders()
        // The body ends with the closing boundary, so only its last bytes need a look; more than that is never held.
        let closing = lineEnd + boundary + Array("--".utf8)
        let longest = closing.count + 2
        while let piece = try body.read() {
            buffer += piece
            if buffer.count > longest {
                try writer.write(Array(buffer.dropLast(longest)))
                buffer = Array(buffer.suffix(longest))
            }
        }
        let end = buffer.reversed().drop { $0 == 10 || $0 == 13 }
        let content = Array(end.reversed())
        guard content.count >= closing.count, Array(content.suffix(closing.count)) == closing else {
            throw Self.malformed
        }
        try writer.write(Array(content.dropLast(closing.count)))
        return headers
    }

    private mutating func readHeaders() throws -> ServedHeaders {
        var headers: ServedHeaders = [:]
        while case let line = try readLine(), !line.isEmpty {
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { throw Self.malformed }
            headers.add(String(text[..<colon]), trimmed(text[text.index(after: colon)...]))
        }
        return headers
    }

    private mutating func readLine() throws -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                var line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                lineEnd = line.last == 13 ? [13, 10] : [10]
                if line.last == 13 { line.removeLast() }
                return line
            }
            guard buffer.count < 1 << 20, let piece = try body.read() else { throw Self.malformed }
            buffer += piece
        }
    }

    private static var malformed: Refusal { .invalid("The multipart body is malformed.") }
}
