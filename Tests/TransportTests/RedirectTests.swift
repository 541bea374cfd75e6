import Synchronization
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(30)))
struct RedirectTests {
    private static func echo(_ connection: Connection) {
        while let request = connection.readRequest() {
            let body = String(decoding: request.body, as: UTF8.self)
            connection.answer("200 OK", body: "\(request.line)|\(request.headers["authorization"] ?? "none")|\(body)")
        }
    }

    @Test func authorizationStaysOnTheSameOriginAndIsDroppedOnAnother() async throws {
        let other = try SocketServer(Self.echo)
        defer { other.stop() }
        try await withServer { connection in
            while let request = connection.readRequest() {
                if request.line.contains("/here") {
                    connection.answer("302 Found", headers: ["Location: /landed"], body: "moved")
                } else if request.line.contains("/away") {
                    connection.answer("302 Found", headers: ["Location: \(other.url)/landed?sig=1"])
                } else {
                    connection.answer("200 OK", body: request.headers["authorization"] ?? "none")
                }
            }
        } _: { server, transport in
            let headers: HTTPHeaders = ["Authorization": "Bearer t"]
            let same = try await transport.send(HTTPRequest("GET", server.url + "/here", headers: headers))
            #expect(same.text == "Bearer t" && same.head.url == server.url + "/landed")
            let away = try await transport.send(HTTPRequest("GET", server.url + "/away", headers: headers))
            #expect(away.text == "GET /landed?sig=1 HTTP/1.1|none|")
        }
    }

    @Test(arguments: [
        (301, "POST", "GET /to HTTP/1.1|none|"), (302, "POST", "GET /to HTTP/1.1|none|"),
        (303, "PUT", "GET /to HTTP/1.1|none|"), (307, "POST", "POST /to HTTP/1.1|none|data"),
        (308, "PUT", "PUT /to HTTP/1.1|none|data"), (302, "PUT", "PUT /to HTTP/1.1|none|data"),
    ])
    func methodAndBodyFollowTheStatus(status: Int, method: String, landed: String) async throws {
        let target = try SocketServer(Self.echo)
        defer { target.stop() }
        try await withServer { connection in
            _ = connection.readRequest()
            connection.answer("\(status) Moved", headers: ["Location: \(target.url)/to"])
        } _: { server, transport in
            let request = HTTPRequest(method, server.url, body: .bytes(Array("data".utf8)))
            let answer = try await transport.send(request)
            #expect(answer.text == landed)
        }
    }

    @Test func withoutRedirectsTheAnswerItselfComesBack() async throws {
        try await withServer { connection in
            while connection.readRequest() != nil {
                connection.answer("308 Resume Incomplete", headers: ["Range: bytes=0-9"])
            }
        } _: { server, transport in
            let none = try await transport.send(HTTPRequest("PUT", server.url, body: .bytes([1]), redirects: 0))
            #expect(none.status == 308 && none.head.headers["range"] == "bytes=0-9")
            let noLocation = try await transport.send(HTTPRequest("PUT", server.url, body: .bytes([1])))
            #expect(noLocation.status == 308)
        }
    }

    @Test(arguments: ["/", "file:///etc/passwd", "ftp://h/"])
    func circlesAndOtherSchemesAreRefused(location: String) async throws {
        try await withServer { connection in
            while connection.readRequest() != nil {
                connection.answer("302 Found", headers: ["Location: \(location)"])
            }
        } _: { server, transport in
            #expect(await kindThrown { _ = try await transport.send(HTTPRequest("GET", server.url)) } == .redirect)
        }
    }

    @Test(arguments: [
        ("https://H/", "https://h:443/x", true), ("http://h/", "http://h:80/", true),
        ("http://h/", "https://h/", false),
        ("https://h/", "https://h:444/", false), ("https://h/", "https://h.evil/", false),
        ("https://h/", "//h/y", true),
    ])
    func authorizationIsKeptOnlyForTheSameOrigin(from: String, to: String, kept: Bool) throws {
        let request = HTTPRequest("GET", from, headers: ["authorization": "Bearer t"])
        let next = try redirected(request, by: HTTPHead(status: 302, headers: ["Location": to], url: from))
        #expect((next?.headers["Authorization"] != nil) == kept)
    }

    @Test(arguments: [
        ("https://h/", "http://h/", true), ("https://h/", "http://127.0.0.1/", true),
        ("https://h/", "https://i/", false),
        ("http://h/", "http://i/", false), ("http://h/", "https://i/", false),
    ])
    func aRedirectNeverLeavesHTTPS(from: String, to: String, isRefused: Bool) {
        let head = HTTPHead(status: 302, headers: ["Location": to], url: from)
        var kind: TransportError.Kind?
        do throws(TransportError) { _ = try redirected(HTTPRequest("GET", from), by: head) } catch { kind = error.kind }
        #expect(kind == (isRefused ? .redirect : nil))
    }
}
