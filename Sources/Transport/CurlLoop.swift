import CLibcrypto
import CLibcurl
import Glibc
import Synchronization

/// The thread that runs all transfers of a transport, and the way to talk to it. libcurl blocks, so it stays off the
/// cooperative pool; a multi handle belongs to one thread, so everything reaches it as a command.
final class CurlLoop: Sendable {
    /// What the thread is asked to do.
    enum Command: Sendable {
        case start(CurlTransfer)
        case resumeReceiving(CurlTransfer)
        /// The transfer has ended on the caller's side: let go of its handle.
        case drop(CurlTransfer)
    }

    /// Wakes the thread out of its wait. Unchecked: of all that libcurl has, this one call is allowed from any thread, and
    /// the inbox's lock keeps it from a handle that has been closed.
    private struct Alarm: @unchecked Sendable {
        let multi: UnsafeMutableRawPointer

        func ring() { _ = curl_multi_wakeup(multi) }
    }

    private struct Inbox {
        var commands: [Command] = []
        var alarm: Alarm?
        var isStopping = false
        var hasStopped = false
        var thread: pthread_t?
        var waitingForStop: [CheckedContinuation<Void, Never>] = []
    }
    private let inbox = Mutex(Inbox())
    private let options: CurlOptions

    /// libcurl and OpenSSL are set up once a process. OpenSSL without its own exit handler: that one frees what a thread
    /// inside libcurl may still use while the process ends.
    private static let librariesAreReady: Bool =
        tick_openssl_init_without_atexit() == 1 && tick_curl_global_init() == CURLE_OK

    init(options: CurlOptions) {
        self.options = options
        var thread = pthread_t()
        let me = Unmanaged.passRetained(self)
        let started =
            Self.librariesAreReady
            && pthread_create(
                &thread,
                nil,
                { context in
                    if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                },
                me.toOpaque()
            ) == 0
        if started {
            let created = thread
            inbox.withLock { $0.thread = created }
        } else {
            me.release()
            inbox.withLock { $0.hasStopped = true }
        }
    }

    /// Passes a command to the thread; false when it no longer runs.
    @discardableResult
    func post(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isStopping, !inbox.hasStopped else { return false }
            inbox.commands.append(command)
            inbox.alarm?.ring()
            return true
        }
    }

    /// Ends all transfers and asks the thread to end, without waiting for it.
    func stop() {
        let detached = inbox.withLock { inbox -> pthread_t? in
            inbox.isStopping = true
            inbox.alarm?.ring()
            defer { inbox.thread = nil }
            return inbox.thread
        }
        if let detached { pthread_detach(detached) }
    }

    /// Ends all transfers and returns when the thread has ended.
    func stopAndJoin() async {
        await withCheckedContinuation { continuation in
            let hasStopped = inbox.withLock { inbox in
                inbox.isStopping = true
                if inbox.hasStopped { return true }
                inbox.waitingForStop.append(continuation)
                inbox.alarm?.ring()
                return false
            }
            if hasStopped { continuation.resume() }
        }
        let joinable = inbox.withLock { inbox in
            defer { inbox.thread = nil }
            return inbox.thread
        }
        // The thread has said its last word, so this takes no time.
        if let joinable { pthread_join(joinable, nil) }
    }

    // MARK: On the thread

    private func run() {
        // A connection that breaks under OpenSSL must not end the process, and signals belong to other threads.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)

        if let multi = curl_multi_init() {
            let driver = CurlDriver(multi: multi, options: options)
            let alarm = Alarm(multi: multi)
            inbox.withLock { $0.alarm = alarm }
            while let commands = takeCommands() {
                for command in commands { driver.carryOut(command) }
                driver.step()
            }
            inbox.withLock { $0.alarm = nil }
            driver.close()
        }
        let (left, waiting) = inbox.withLock { inbox in
            inbox.hasStopped = true
            defer {
                inbox.commands = []
                inbox.waitingForStop = []
            }
            return (inbox.commands, inbox.waitingForStop)
        }
        for case .start(let transfer) in left {
            transfer.finish(.failure(transfer.error(.cancelled, CurlDriver.shutDown)))
        }
        for continuation in waiting { continuation.resume() }
    }

    /// What to do next, nil to end.
    private func takeCommands() -> [Command]? {
        inbox.withLock { inbox in
            if inbox.isStopping { return nil }
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return inbox.commands
        }
    }
}
