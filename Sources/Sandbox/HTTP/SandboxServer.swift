import CShims
import Glibc
import Synchronization

/// An HTTP/1.1 server on loopback for one service: a thread a connection, blocking sockets.
public final class SandboxServer: Sendable {
    private struct State {
        var connections: Set<Int32> = []
        var threads = 0
        var stopping = false
    }

    let service: any SandboxService
    let recorder: Recorder
    let faults: FaultInjector
    let identity: TLSIdentity?
    private let clockSkewSeconds: @Sendable () -> Int
    /// The VM whose own server this is; nil when anybody asks here.
    let client: String?
    /// Hears how many bytes of a body were sent, piece by piece.
    let onSent: (@Sendable (Int) -> Void)?
    private let listener: Int32
    private let state = Mutex(State())
    public let port: UInt16

    /// Scheme, host and port, without a slash at the end.
    public var url: String { "\(identity == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// The time by the service's clock, as `Date` has it.
    var date: String { Clock.httpDate(Clock.microseconds() + clockSkewSeconds() * 1_000_000) }

    /// Listens on 127.0.0.1; port 0 takes a free one, an identity makes it https.
    public init(
        service: any SandboxService,
        port: UInt16 = 0,
        recorder: Recorder,
        faults: FaultInjector = FaultInjector(),
        identity: TLSIdentity? = nil,
        client: String? = nil,
        clockSkewSeconds: @escaping @Sendable () -> Int = { 0 },
        onSent: (@Sendable (Int) -> Void)? = nil
    ) throws {
        signal(SIGPIPE, SIG_IGN)  // OpenSSL writes with write(2), which has no MSG_NOSIGNAL
        self.service = service
        self.recorder = recorder
        self.faults = faults
        self.identity = identity
        self.client = client
        self.clockSkewSeconds = clockSkewSeconds
        self.onSent = onSent
        (listener, self.port) = try Self.listen(on: port)
        spawn { $0.acceptLoop() }
    }

    /// Closes listener and connections and waits until their threads have ended. Repeating it does nothing.
    public func stop() {
        let isFirst = state.withLock { state in
            if state.stopping { return false }
            state.stopping = true
            // Under the lock: a connection that ends meanwhile is closed under it, too, and its number may be another's at once.
            for descriptor in state.connections { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return true
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        while state.withLock({ $0.threads }) > 0 { usleep(1_000) }
        close(listener)
    }

    private static func listen(on port: UInt16) throws -> (Int32, UInt16) {
        // Not blocking, as a connection that was waiting may be gone when it is accepted.
        let kind = [SOCK_STREAM, SOCK_CLOEXEC, SOCK_NONBLOCK].reduce(0) { $0 | Int32($1.rawValue) }
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw SandboxError.system("open a socket") }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && Glibc.listen(descriptor, 512) == 0
                    ? getsockname(descriptor, generic, &size) : -1
            }
        }
        guard status == 0 else {
            let error = SandboxError.system("listen on 127.0.0.1:\(port)")
            close(descriptor)
            throw error
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func acceptLoop() {
        while true {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, -1)
            let descriptor = tick_accept(listener)
            if descriptor < 0 {
                if state.withLock({ $0.stopping }) { return }
                if errno == EMFILE { usleep(10_000) }
                continue
            }
            let welcome = state.withLock { state in
                if !state.stopping { state.connections.insert(descriptor) }
                return !state.stopping
            }
            guard welcome else {
                close(descriptor)
                return
            }
            spawn { $0.serve(descriptor) }
        }
    }

    private func serve(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if let channel = try? Channel(descriptor: descriptor, identity: identity) {
            ServedConnection(channel: channel, server: self).run()
        }
        // Under the lock, so that `stop` does not shut down a descriptor that has been given to someone else.
        state.withLock { state in
            state.connections.remove(descriptor)
            close(descriptor)
        }
    }

    private func spawn(_ work: @escaping @Sendable (SandboxServer) -> Void) {
        state.withLock { $0.threads += 1 }
        startThread {
            work(self)
            self.state.withLock { $0.threads -= 1 }
        }
    }
}

/// Runs a closure on a detached thread of its own.
func startThread(_ work: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let box = Unmanaged.passRetained(Work(work))
    var thread = pthread_t()
    let status = pthread_create(
        &thread,
        nil,
        { pointer in
            guard let pointer else { return nil }
            Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
            return nil
        },
        box.toOpaque()
    )
    if status == 0 {
        pthread_detach(thread)
    } else {
        box.takeRetainedValue().run()  // no thread to be had: do it here rather than never
    }
}
