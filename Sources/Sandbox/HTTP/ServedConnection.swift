/// The requests of one connection, one after the other, with faults applied.
struct ServedConnection {
    let channel: Channel
    let server: SandboxServer

    func run() {
        do {
            while try serveOne() {}
            channel.closeNotify()
        } catch let bad as BadRequest {
            server.recorder.noteViolation("\(server.service.name): \(bad.message)")
            let answer = refusal(bad.status, bad.message)
            try? send(answer, to: nil, fault: nil, close: true)
            channel.closeNotify()
        } catch {
            // The client went away, or the server is stopping, or a fault cut the connection: nobody to tell.
        }
    }

    /// False when the connection shall end.
    private func serveOne() throws -> Bool {
        guard let request = try readHead() else { return false }
        let fault = server.faults.fault(for: request, service: server.service.name)
        let body = try RequestBody(channel: channel, headers: request.headers, breakAfter: fault?.breakAfter)
        let exchange = Exchange(request: request, body: body, keepBytes: fault?.keepBytes)
        let delay = (fault?.latencyMilliseconds ?? 0) + server.faults.latencyMilliseconds
        if delay > 0 { try channel.pause(milliseconds: delay) }
        if fault?.reset == .before {
            server.recorder.record(exchange, service: server.service.name, status: nil)
            channel.resetOnClose()
            throw ConnectionEnded()
        }
        let response: ServedResponse
        do {
            response = try answer(exchange, fault: fault)
        } catch let error as ConnectionEnded {
            server.recorder.record(exchange, service: server.service.name, status: nil)
            throw error
        }
        let mustClose = request.headers["Connection"]?.lowercased() == "close" || body.isUntouched
        if !body.isUntouched { try body.drain() }
        server.recorder.record(exchange, service: server.service.name, status: response.status)
        if fault?.reset == .after {
            channel.resetOnClose()
            throw ConnectionEnded()
        }
        try send(response, to: request, fault: fault, close: mustClose)
        return !mustClose && fault?.endsConnection != true
    }

    private func answer(_ exchange: Exchange, fault: Fault?) throws -> ServedResponse {
        if let status = fault?.status {
            var answer = server.service.refusal(
                RefusalText(
                    status,
                    fault?.message ?? "fault injected by the sandbox",
                    reason: fault?.reason,
                    code: fault?.code,
                    retryAfterSeconds: fault?.retryAfterSeconds
                )
            )
            switch fault?.body {
            case .html: answer = server.service.frontPage(status: status)
            case .text(let text):
                let type = answer.headers["Content-Type"] ?? "text/plain"
                answer = .text(text, type: type, status: status)
            case nil: break
            }
            answer.headers["Location"] = fault?.location ?? answer.headers["Location"]
            answer.headers["Retry-After"] = fault?.retryAfterHeader ?? answer.headers["Retry-After"]
            return answer
        }
        do {
            return try server.service.respond(to: exchange)
        } catch let refusal as Refusal {
            return refusal.response
        } catch let bad as BadRequest {
            exchange.violations.append(bad.message)
            return refusal(bad.status, bad.message)
        } catch let error as SandboxError {
            exchange.violations.append(error.description)
            return refusal(500, error.description)
        }
    }

    private func refusal(_ status: Int, _ message: String) -> ServedResponse {
        server.service.refusal(RefusalText(status, message))
    }

    private func readHead() throws -> ServedRequest? {
        var line = try channel.readLine(limit: 16_384)
        if line == "" { line = try channel.readLine(limit: 16_384) }
        guard let line else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[1].hasPrefix("/") || server.service is ProxyService,
            words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0"
        else { throw BadRequest(status: 400, message: "no HTTP/1.1 request line: \(line.prefix(200))") }
        var headers: ServedHeaders = [:]
        while true {
            guard let line = try channel.readLine(limit: 16_384) else { throw ConnectionEnded() }
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex, !line[..<colon].contains(" ") else {
                throw BadRequest(status: 400, message: "no header line: \(line.prefix(200))")
            }
            headers.add(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
            guard headers.fields.count <= 100 else { throw BadRequest(status: 431, message: "too many header lines") }
        }
        if words[2] == "HTTP/1.0" { headers["Connection"] = "close" }
        guard headers["Host"] != nil || words[2] == "HTTP/1.0" else {
            throw BadRequest(status: 400, message: "the Host header is missing")
        }
        let parts = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let query = QueryItem.all(in: parts.count > 1 ? parts[1] : "") else {
            throw BadRequest(status: 400, message: "the query is badly encoded: \(parts[1].prefix(200))")
        }
        return ServedRequest(
            method: String(words[0]),
            target: String(words[1]),
            path: String(parts[0]),
            query: query,
            headers: headers,
            scheme: server.identity == nil ? "http" : "https",
            client: server.client ?? channel.peerAddress
        )
    }

    private func send(_ response: ServedResponse, to request: ServedRequest?, fault: Fault?, close: Bool) throws {
        var head = "HTTP/1.1 \(response.status) \(reasonPhrase(response.status))\r\n"
        for field in response.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        if response.status != 204 && response.status != 304 {
            head += "Content-Length: \(response.body.count + (fault?.lengthDelta ?? 0))\r\n"
        }
        if response.headers["Date"] == nil { head += "Date: \(server.date)\r\n" }
        if close || fault?.endsConnection == true { head += "Connection: close\r\n" }
        head += "\r\n"
        var sender = FaultyBodySender(channel: channel, fault: fault)
        let isBodyless = request?.method == "HEAD" || response.status == 204 || response.status == 304
        switch isBodyless ? .bytes([]) : response.body {
        case .bytes(let bytes) where fault == nil:
            try channel.write(Array(head.utf8) + bytes)
            server.onSent?(bytes.count)
        case .bytes(let bytes):
            try channel.write(Array(head.utf8))
            try sender.send(bytes)
            server.onSent?(bytes.count)
        case .file(let file, let range):
            try channel.write(Array(head.utf8))
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try file.read(at: offset, count: min(262_144, range.upperBound - offset))
                guard !piece.isEmpty else { throw ConnectionEnded() }
                try sender.send(piece)
                server.onSent?(piece.count)
                offset += piece.count
            }
        }
    }
}

/// Text without blanks and tabs around it.
func trimmed(_ text: some StringProtocol) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var rest = Substring(text).drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
}

/// The words that go with a status.
func reasonPhrase(_ status: Int) -> String {
    let known = [
        200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 302: "Found", 304: "Not Modified",
        308: "Resume Incomplete", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
        412: "Precondition Failed",
        413: "Content Too Large", 416: "Range Not Satisfiable", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 499: "Client Closed Request", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    return known[status] ?? "Status \(status)"
}
