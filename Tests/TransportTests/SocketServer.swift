import Glibc
import Synchronization

/// A test's HTTP server on 127.0.0.1: one blocking thread a connection, every byte of the answer written by the test.
final class SocketServer: Sendable {
    /// What the server does with one connection; it is closed afterwards.
    typealias Script = @Sendable (Connection) -> Void

    let port: UInt16
    private let listener: Int32
    private let script: Script
    private let open = Mutex<(descriptors: Set<Int32>, accepted: Int, isStopped: Bool)>(([], 0, false))

    init(_ script: @escaping Script) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, size) == 0 && listen(listener, 128) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        guard bound else { throw ServerFailed() }
        self.listener = listener
        self.port = UInt16(bigEndian: address.sin_port)
        self.script = script
        startThread { [self] in acceptAll() }
    }

    struct ServerFailed: Error {}

    var url: String { "http://127.0.0.1:\(port)" }
    var acceptedConnections: Int { open.withLock { $0.accepted } }

    func stop() {
        open.withLock { state in
            state.isStopped = true
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let isStopped = open.withLock { state in
                state.descriptors.insert(descriptor)
                state.accepted += 1
                return state.isStopped
            }
            if isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
            startThread { [self] in
                script(Connection(descriptor: descriptor))
                open.withLock { state in
                    state.descriptors.remove(descriptor)
                    close(descriptor)
                }
            }
        }
        close(listener)
    }
}

/// A request as it came over the wire.
struct WireRequest: Sendable {
    var line = ""
    var headers: [String: String] = [:]
    var body: [UInt8] = []
}

/// One accepted connection.
final class Connection: Sendable {
    private let descriptor: Int32
    private let unread = Mutex<[UInt8]>([])

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Reads one request, body included (by length or chunked); nil at the connection's end.
    func readRequest() -> WireRequest? {
        guard var request = readHead() else { return nil }
        if let length = request.headers["content-length"].flatMap({ Int($0) }) {
            guard let body = take(length) else { return nil }
            request.body = body
        } else if request.headers["transfer-encoding"] == "chunked" {
            while let line = readLine(), let size = Int(line, radix: 16) {
                guard let piece = take(size), readLine() != nil else { return nil }
                if size == 0 { break }
                request.body += piece
            }
        }
        return request
    }

    /// Reads the head of a request and leaves its body.
    func readHead() -> WireRequest? {
        var request = WireRequest()
        guard let line = readLine() else { return nil }
        request.line = line
        while let line = readLine(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.headers[line[..<colon].lowercased()] = String(value)
        }
        return request
    }

    func readLine() -> String? {
        var line: [UInt8] = []
        while let byte = take(1) {
            if byte[0] == 10 { return String(decoding: line, as: UTF8.self) }
            if byte[0] != 13 { line.append(byte[0]) }
        }
        return nil
    }

    private func take(_ count: Int) -> [UInt8]? {
        unread.withLock { unread in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while unread.count < count {
                let got = recv(descriptor, &buffer, buffer.count, 0)
                guard got > 0 else { return nil }
                unread += buffer[..<got]
            }
            defer { unread.removeFirst(count) }
            return Array(unread.prefix(count))
        }
    }

    /// Writes everything, blocking; false when the other side has gone.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// A whole answer with a length.
    func answer(_ status: String, headers: [String] = [], body: String = "") {
        let lines = headers.map { $0 + "\r\n" }.joined()
        write("HTTP/1.1 \(status)\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Waits until the other side closes.
    func waitForClose() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let code = pthread_create(
        &thread,
        nil,
        { context in
            if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        },
        box.toOpaque()
    )
    if code == 0 { pthread_detach(thread) } else { box.release() }
}
