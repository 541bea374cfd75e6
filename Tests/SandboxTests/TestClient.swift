import Glibc
import Sandbox
import Testing
import Text

/// An answer as it came over the wire.
struct Answer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]
    /// The connection ended before Content-Length bytes were there.
    let isCut: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}

struct ClientError: Error {}

/// A raw connection to a server of the sandbox, one request after the other.
final class TestClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ server: SandboxServer) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { throw ClientError() }
        var patience = timeval(tv_sec: 600, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends bytes as they are.
    func send(raw bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError() }
            sent += count
        }
    }

    func send(raw text: String) throws { try send(raw: Array(text.utf8)) }

    /// Sends a request and reads its answer.
    func call(_ method: String, _ target: String, _ headers: [String: String] = [:], body: [UInt8]? = nil) throws
        -> Answer
    {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if headers["User-Agent"] == nil { head += "User-Agent: test\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        try send(raw: Array((head + "\r\n").utf8) + (body ?? []))
        return try readAnswer(bodyless: method == "HEAD")
    }

    /// A request with a JSON body.
    func call(_ method: String, _ target: String, _ headers: [String: String] = [:], json: JSONValue) throws -> Answer {
        let type = ["Content-Type": "application/json"]
        return try call(method, target, headers.merging(type) { $1 }, body: Array(json.text().utf8))
    }

    func readAnswer(bodyless: Bool = false) throws -> Answer {
        let head = try readHead()
        return try readBody(of: head, isEmpty: bodyless)
    }

    /// The status and the headers of an answer, for `readBody`.
    func readHead() throws -> Answer {
        let words = try readLine().split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw ClientError() }
        var headers: [String: String] = [:]
        while case let line = try readLine(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw ClientError() }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return Answer(status: status, headers: headers, body: [], isCut: false)
    }

    func readBody(of head: Answer, isEmpty: Bool = false) throws -> Answer {
        let length = isEmpty ? 0 : head.headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < length, try fill() {}
        let body = Array(buffer.prefix(length))
        buffer.removeFirst(body.count)
        return Answer(status: head.status, headers: head.headers, body: body, isCut: body.count < length)
    }

    /// Waits until so many bytes of a body have arrived.
    func waitForBody(_ count: Int) throws {
        while buffer.count < count { guard try fill() else { throw ClientError() } }
    }

    /// Ends the connection from this side.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Whether the server has closed the connection in order.
    func isAtEnd() throws -> Bool { try buffer.isEmpty && !fill() }

    private func readLine() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = buffer[..<end].filter { $0 != 13 }
                buffer.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard try fill() else { throw ClientError() }
        }
    }

    private func fill() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count >= 0 else { throw ClientError() }
        buffer += piece.prefix(count)
        return count > 0
    }
}

/// A running sandbox in a directory of its own, removed with the last reference.
final class TestWorld {
    let world: SandboxEnvironment
    let directory: String

    init(_ adjust: (inout SandboxEnvironment.Options) -> Void = { _ in }) throws {
        directory = try Files.makeTemporaryDirectory(prefix: "sandbox-tests")
        let until = try #require(TickDay("2024-01-01"))
        var tardis = TardisService.Configuration(
            catalogue: TardisCatalogue(
                symbols: ["binance": ["BTCUSDT", "PEPEUSDT"], "binance-futures": ["BTCUSDT"]],
                exportedUntil: until
            ),
            cache: "\(directory)/cache",
            apiKey: "the-key"
        )
        tardis.size = .rows(300)
        var options = SandboxEnvironment.Options(store: "\(directory)/store", tardis: tardis)
        options.buckets = ["market"]
        adjust(&options)
        world = try SandboxEnvironment(options)
    }

    deinit {
        world.stop()
        Files.removeTree(directory)
    }

    var violations: [String] { world.recorder.violations }

    func storage() throws -> TestClient { try TestClient(world.storageServer) }
    func tardis() throws -> TestClient { try TestClient(world.tardisServer) }
}

/// Bytes that do not repeat.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt32 = 12_345
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
    }
}

/// Gives the processor away until something has happened. Ten minutes without it are a failure: no time limit of a test ends a
/// loop that is not a task's.
func waitUntil(at location: SourceLocation = #_sourceLocation, _ happened: () -> Bool) {
    let end = ContinuousClock.now + .seconds(600)
    while !happened() {
        guard ContinuousClock.now < end else {
            Issue.record("it has not happened within ten minutes", sourceLocation: location)
            return
        }
        sched_yield()
    }
}
