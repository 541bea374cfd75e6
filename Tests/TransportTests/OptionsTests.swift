import CLibcurl
import FoundationEssentials
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(30)))
struct OptionsTests {
    @Test(arguments: [
        (["https_proxy": "a", "HTTPS_PROXY": "b", "ALL_PROXY": "c"], "a", "c"), (["HTTPS_PROXY": "b"], "b", ""),
        (["ALL_PROXY": "c"], "c", "c"), (["http_proxy": "d", "HTTP_PROXY": "e"], "", "d"),
        (["HTTP_PROXY": "e"], "", ""),
        (["https_proxy": ""], "", ""),
    ])
    func proxiesComeFromTheGivenEnvironment(environment: [String: String], https: String, http: String) {
        let settings = ProxySettings(environment: environment)
        #expect(settings.proxy(for: "https://h/") == https && settings.proxy(for: "http://h/") == http)
    }

    @Test(arguments: [
        "http://localhost:1/", "http://LOCALHOST./", "https://a.localhost/", "http://127.0.0.1:8080/x",
        "http://127.9.8.7/",
        "http://[::1]:9/", "http://metadata.google.internal/computeMetadata/v1/", "http://169.254.169.254/",
        "http://10.0.0.9:80/",
    ])
    func thisMachineAndTheMetadataServerAreNeverProxied(url: String) {
        let everything = ["http_proxy": "p", "https_proxy": "p", "GCE_METADATA_HOST": "10.0.0.9:80"]
        #expect(ProxySettings(environment: everything).proxy(for: url) == "")
    }

    @Test(arguments: [
        "http://127.0.0.1.evil.test/", "http://localhost.evil.test/", "http://notlocalhost/", "https://128.0.0.1/",
        "http://127.0.0.256/",
    ])
    func lookAlikesOfThisMachineAreProxied(url: String) {
        #expect(ProxySettings(environment: ["all_proxy": "p"]).proxy(for: url) == "p")
    }

    @Test(arguments: [
        "http://user:s3cr3t@127.0.0.1:99999", "http://user:s3cr3t pw@127.0.0.1:9", "ftp://user:s3cr3t@h:9",
        "http://user:s3cr3t@[::1",
        "foo:", "http://", "://",
    ])
    func aMalformedProxyIsNamedByItsVariable(value: String) {
        #expect(malformedProxy(in: ["https_proxy": value]) == "https_proxy")
        let said = ProxySettings(environment: ["https_proxy": value]).redacted("Unsupported proxy syntax in '\(value)'")
        #expect(!said.contains("s3cr3t"))
    }

    @Test(arguments: [
        "http://proxy.test:3128", "proxy.test:3128", "https://u:p@h.test", "socks5h://127.0.0.1:1080", "",
    ])
    func proxiesThatLibcurlKnowsAreTaken(value: String) {
        #expect(malformedProxy(in: ["https_proxy": value, "ALL_PROXY": value]) == nil)
    }

    @Test(arguments: [
        ("abcdef", 3, "abc"), ("abc", 3, "abc"), ("aé", 2, "a"), ("aé", 3, "aé"), ("a\u{301}\u{301}b", 3, "a\u{301}"),
        ("😀", 3, ""),
    ])
    func textsAreClippedByBytesAtScalars(text: String, bytes: Int, clipped: String) {
        #expect(text.clipped(toBytes: bytes).utf8.elementsEqual(clipped.utf8))
    }

    @Test func noProxyIsLeftToLibcurl() {
        #expect(ProxySettings(environment: ["NO_PROXY": "x", "no_proxy": "y.example,.z"]).exceptions == "y.example,.z")
        #expect(ProxySettings(environment: ["NO_PROXY": "*"]).exceptions == "*")
    }

    @Test(arguments: [
        ("http://h.test/", true, false, true), ("http://h.test/", false, true, true),
        ("https://h.test/", true, true, false),
        ("http://127.0.0.1:1/", true, true, false), ("http://[::1]:1/", true, false, false),
        ("http://h.test/", false, false, false),
        ("http://127.0.0.1.h.test/", true, false, true), ("HTTP://H.test/", true, false, true),
    ])
    func aSecretIsNotSentInPlainTextToAnotherMachine(url: String, token: Bool, secretBody: Bool, isRefused: Bool) {
        var request = HTTPRequest("POST", url)
        if token { request.headers["authorization"] = "Bearer t" }
        request.bodyIsSecret = secretBody
        var kind: TransportError.Kind?
        do throws(TransportError) { try request.checkSecrecy() } catch { kind = error.kind }
        #expect(kind == (isRefused ? .insecure : nil))
    }

    @Test func longBodiesDoNotGoOverHTTP2() {
        let bodies: [(HTTPBody, Bool)] = [
            (.none, false), (.bytes([]), false), (.bytes([UInt8](repeating: 0, count: 65_535)), false),
            (.bytes([UInt8](repeating: 0, count: 65_536)), true),
        ]
        for (body, isLong) in bodies {
            #expect(HTTPRequest("PUT", "https://h.test/", body: body).exceedsWindow == isLong)
        }
        #expect(!HTTPRequest("GET", "https://h.test/").exceedsWindow)
    }

    @Test func theTransportRefusesIt() async throws {
        let request = HTTPRequest("GET", "http://h.invalid/", headers: ["Authorization": "Bearer t"])
        let strict = CurlTransport(userAgent: "tests/1", environment: [:])
        #expect(await kindThrown { _ = try await strict.send(request) } == .insecure)
        await strict.shutdown()
        let lenient = CurlTransport(userAgent: "tests/1", environment: [:], allowsInsecureEndpoints: true)
        #expect(await kindThrown { _ = try await lenient.send(request) } == .nameNotResolved)
        await lenient.shutdown()
    }

    @Test func requestsGoThroughTheProxyUnlessTheHostIsExcepted() async throws {
        let proxy = try SocketServer { connection in
            while let request = connection.readRequest() {
                connection.answer("200 OK", body: "proxied " + request.line)
            }
        }
        defer { proxy.stop() }
        let through = CurlTransport(userAgent: "tests/1", environment: ["http_proxy": proxy.url])
        let text = try await through.send(HTTPRequest("GET", "http://host.invalid/x")).text
        #expect(text == "proxied GET http://host.invalid/x HTTP/1.1")
        await through.shutdown()

        try await withServer(environment: ["http_proxy": proxy.url]) { connection in
            _ = connection.readRequest()
            connection.answer("200 OK", body: "direct")
        } _: { server, transport in
            let answer = try await transport.send(HTTPRequest("GET", server.url))
            #expect(answer.text == "direct")
        }
    }

    @Test func aProxyThatRefusesTheTunnelIsAConnectError() async throws {
        try await withServer { connection in
            _ = connection.readRequest()
            connection.answer("403 Forbidden")
        } _: { server, _ in
            let transport = CurlTransport(userAgent: "tests/1", environment: ["https_proxy": server.url])
            #expect(
                await kindThrown { _ = try await transport.send(HTTPRequest("GET", "https://h.invalid/")) } == .connect
            )
            await transport.shutdown()
        }
    }

    @Test func aMissingCertificateFileIsACertificateErrorAndNotRetried() async throws {
        try await withServer {
            $0.waitForClose()
        } _: { server, _ in
            let transport = CurlTransport(userAgent: "tests/1", environment: ["SSL_CERT_FILE": "/no/such/file"])
            let request = HTTPRequest("GET", "https://127.0.0.1:\(server.port)/")
            #expect(await kindThrown { _ = try await transport.send(request) } == .tls(certificate: true))
            await transport.shutdown()
        }
    }

    @Test(arguments: [
        (CURLE_COULDNT_RESOLVE_HOST, TransportError.Kind.nameNotResolved), (CURLE_COULDNT_CONNECT, .connect),
        (CURLE_OPERATION_TIMEDOUT, .connect), (CURLE_PEER_FAILED_VERIFICATION, .tls(certificate: true)),
        (CURLE_SSL_CONNECT_ERROR, .tls(certificate: false)), (CURLE_PARTIAL_FILE, .broken), (CURLE_RECV_ERROR, .broken),
        (CURLE_SEND_ERROR, .broken), (CURLE_GOT_NOTHING, .broken), (CURLE_HTTP2_STREAM, .broken),
        (CURLE_SEND_FAIL_REWIND, .broken), (CURLE_URL_MALFORMAT, .invalid), (CURLE_UNSUPPORTED_PROTOCOL, .invalid),
    ])
    func libcurlsResultsHaveAKind(code: CURLcode, kind: TransportError.Kind) {
        #expect(TransportError.Kind(code) == kind)
    }

    @Test func aFileIsASource() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "transport-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(bytes).write(to: folder.appending(path: "a b.bin"))

        let transport = CurlTransport(userAgent: "tests/1", environment: [:])
        let answer = try await transport.send(HTTPRequest("GET", "file://\(folder.path)/a%20b.bin"))
        #expect(answer.status == 200 && answer.body == bytes && answer.head.headers["content-length"] == "600000")
        let missing = try await transport.send(HTTPRequest("GET", "file://\(folder.path)/missing"))
        #expect(missing.status == 404 && missing.body.isEmpty)
        let aFolder = HTTPRequest("GET", "file://\(folder.path)/")
        #expect(await kindThrown { _ = try await transport.send(aFolder) } == .file)
        await transport.shutdown()
    }

    @Test(arguments: [
        ("file:///a%20b", "/a b"), ("file://localhost/x", "/x"), ("file://host/x", nil), ("file:///%zz", nil),
        ("file:///a%00", nil), ("file:relative", nil),
    ])
    func filePathsAreDecoded(url: String, path: String?) {
        #expect(FileSource.path(of: url) == path)
    }
}
