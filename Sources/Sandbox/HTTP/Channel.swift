import CLibcrypto
import Glibc

/// Why a connection ended while something was still to be read or written.
struct ConnectionEnded: Error {}

private let pollPeerClosed: Int16 = 0x2000  // POLLRDHUP, which the Glibc module does not show

/// One accepted connection, plain or TLS, used by one thread; it does not own its descriptor.
final class Channel {
    let descriptor: Int32
    private let tls: OpaquePointer?
    private var buffer: [UInt8] = []
    private var position = 0

    /// Wraps a descriptor; with a TLS identity the handshake is done here.
    init(descriptor: Int32, identity: TLSIdentity?) throws {
        self.descriptor = descriptor
        guard let identity else {
            tls = nil
            return
        }
        guard let session = SSL_new(identity.context) else { throw ConnectionEnded() }
        tls = session
        SSL_set_fd(session, descriptor)
        guard SSL_accept(session) == 1 else {
            ERR_clear_error()
            throw ConnectionEnded()
        }
    }

    deinit {
        if let tls { SSL_free(tls) }
    }

    /// The address of the other side, such as `127.0.0.1`.
    var peerAddress: String {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
        }
        guard status == 0 else { return "" }
        return withUnsafeBytes(of: address.sin_addr.s_addr) { $0.map { String($0) }.joined(separator: ".") }
    }

    /// Says goodbye in TLS, so that the client can tell the end from a cut.
    func closeNotify() {
        if let tls { SSL_shutdown(tls) }
    }

    /// Makes the closing of the descriptor a reset instead of an orderly end.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Waits; throws as soon as the other side is gone or the server stops. Nil waits for that alone.
    func pause(milliseconds: Int?) throws {
        var entry = pollfd(fd: descriptor, events: pollPeerClosed, revents: 0)
        let limit = milliseconds.map { Int32(clamping: $0) } ?? -1
        if retryingInterrupts({ Int(poll(&entry, 1, limit)) }) != 0 { throw ConnectionEnded() }
    }

    /// Up to `count` bytes, at least one; nil at the end of the stream.
    func read(upTo count: Int) throws -> [UInt8]? {
        guard try fill() else { return nil }
        let end = min(buffer.count, position + count)
        let piece = Array(buffer[position..<end])
        position = end
        return piece
    }

    /// One line without its end; nil at a clean end of the stream, throws past the limit.
    func readLine(limit: Int) throws -> String? {
        var line: [UInt8] = []
        while try fill() {
            let byte = buffer[position]
            position += 1
            if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            line.append(byte)
            if line.count > limit { throw BadRequest(status: 431, message: "a header line is too long") }
        }
        if line.isEmpty { return nil }
        throw ConnectionEnded()
    }

    /// Writes all bytes, blocking as long as the client does not take them.
    func write(_ bytes: some Collection<UInt8>) throws {
        let done: Void? = try bytes.withContiguousStorageIfAvailable { try writeAll($0) }
        if done == nil { try Array(bytes).withUnsafeBufferPointer { try writeAll($0) } }
    }

    private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        var sent = 0
        while sent < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[sent...])
            let count =
                if let tls {
                    Int(SSL_write(tls, rest.baseAddress, Int32(clamping: rest.count)))
                } else {
                    retryingInterrupts { send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)) }
                }
            guard count > 0 else { throw ConnectionEnded() }
            sent += count
        }
    }

    private func fill() throws -> Bool {
        if position < buffer.count { return true }
        let capacity = 65_536
        var got = 0
        buffer = [UInt8](unsafeUninitializedCapacity: capacity) { space, filled in
            got =
                if let tls {
                    Int(SSL_read(tls, space.baseAddress, Int32(capacity)))
                } else {
                    retryingInterrupts { recv(descriptor, space.baseAddress, capacity, 0) }
                }
            filled = max(0, got)
        }
        position = 0
        if got < 0 && tls == nil { throw ConnectionEnded() }
        return got > 0
    }
}

/// A request that is no proper HTTP; it is answered and the connection closed.
struct BadRequest: Error {
    let status: Int
    let message: String
}
