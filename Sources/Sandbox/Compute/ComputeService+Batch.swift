import Text

/// The parts of a `multipart/mixed` body, each a request of its own.
struct BatchBody {
    struct Part: Equatable {
        let id: String?
        let method: String
        let target: String
        let headers: ServedHeaders
        let body: [UInt8]
    }

    let parts: [Part]

    /// Takes bare LF line ends, because gcloud writes them; nil when the body is malformed.
    init?(_ bytes: [UInt8], boundary: [UInt8]) {
        var pieces: [[ArraySlice<UInt8>]] = []
        var isClosed = false
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            let text = line.last == 13 ? line.dropLast() : line
            if text.elementsEqual(boundary) {
                pieces.append([])
            } else if text.elementsEqual(boundary + [45, 45]) {
                isClosed = true
                break
            } else if !pieces.isEmpty {
                pieces[pieces.count - 1].append(line)
            }
        }
        var parts: [Part] = []
        for piece in pieces {
            guard let part = Self.part(piece) else { return nil }
            parts.append(part)
        }
        guard isClosed, !parts.isEmpty else { return nil }
        self.parts = parts
    }

    private static func part(_ lines: [ArraySlice<UInt8>]) -> Part? {
        var rest = lines[...]
        guard let outer = headers(&rest), outer["Content-Type"]?.lowercased().hasPrefix("application/http") == true,
            let words = rest.popFirst().map({ text($0).split(separator: " ") }), words.count == 3,
            words[2].hasPrefix("HTTP/1."), let inner = headers(&rest)
        else { return nil }
        var body = Array(rest.joined(separator: [10]))
        while let last = body.last, last == 10 || last == 13 { body.removeLast() }
        var target = String(words[1])
        if let scheme = target.firstRange(of: "://") {
            target = String(target[scheme.upperBound...].drop { $0 != "/" })
        }
        guard target.hasPrefix("/") else { return nil }
        return Part(id: outer["Content-ID"], method: String(words[0]), target: target, headers: inner, body: body)
    }

    private static func headers(_ rest: inout ArraySlice<ArraySlice<UInt8>>) -> ServedHeaders? {
        var headers: ServedHeaders = [:]
        while let line = rest.popFirst().map(text), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers.add(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
        return headers
    }

    private static func text(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
}

extension ComputeService {
    static let batchPath = "/batch/compute/v1"
    /// As many requests as the real service takes at once.
    private static let batchLimit = 1_000

    /// Several requests in one, as gcloud sends them; each is answered for itself, in order.
    func respondToBatch(_ exchange: Exchange) throws -> ServedResponse {
        let outer = exchange.request
        guard outer.method == "POST",
            let boundary = MultipartReader.boundary(of: outer.headers["Content-Type"], kind: "multipart/mixed"),
            let batch = BatchBody(try exchange.body.readAll(limit: 64 << 20), boundary: boundary),
            batch.parts.count <= Self.batchLimit
        else {
            exchange.violations.append("no batch of 1 to \(Self.batchLimit) requests")
            throw Refusal.google(400, "badRequest", "Failed to parse batch request, error: malformed multipart body.")
        }
        var recorded: [JSONValue] = []
        var body = ""
        for part in batch.parts {
            var document: JSONValue?
            let answer = respond(to: part, of: outer, &document, &exchange.violations)
            var entry: JSONObject = [
                "method": .string(part.method), "url": .string(part.target), "status": .integer(answer.status),
            ]
            entry["body"] = document
            recorded.append(.object(entry))
            body += "--batch_sandbox\r\nContent-Type: application/http\r\n"
            if let id = part.id { body += "Content-ID: <response-\(id.filter { $0 != "<" && $0 != ">" })>\r\n" }
            body += "\r\nHTTP/1.1 \(answer.status) \(reasonPhrase(answer.status))\r\n"
            for field in answer.headers.fields { body += "\(field.name): \(field.value)\r\n" }
            if case .bytes(let bytes) = answer.body {
                body += "Content-Length: \(bytes.count)\r\n\r\n" + String(decoding: bytes, as: UTF8.self) + "\r\n"
            }
        }
        exchange.recordedKind = "batch"
        exchange.recordedBody = .array(recorded)
        return .text(body + "--batch_sandbox--\r\n", type: "multipart/mixed; boundary=batch_sandbox")
    }

    private func respond(
        to part: BatchBody.Part,
        of outer: ServedRequest,
        _ document: inout JSONValue?,
        _ violations: inout [String]
    ) -> ServedResponse {
        let halves = part.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let query = QueryItem.all(in: halves.count > 1 ? halves[1] : "") else {
            violations.append("the query of a part is badly encoded")
            return refused(400, "The query is badly encoded.")
        }
        var headers = part.headers
        if headers["Authorization"] == nil { headers["Authorization"] = outer.headers["Authorization"] }
        if headers["Host"] == nil { headers["Host"] = outer.headers["Host"] }
        let request = ServedRequest(
            method: part.method,
            target: part.target,
            path: String(halves[0]),
            query: query,
            headers: headers,
            scheme: outer.scheme,
            client: outer.client
        )
        do {
            return try respond(to: request, part.body, recording: &document, violations: &violations)
        } catch let refusal as Refusal {
            return refusal.response
        } catch {
            violations.append("\(error)")
            return refused(500, "\(error)")
        }
    }
}
