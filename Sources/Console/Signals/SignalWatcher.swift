import Dispatch
import Glibc
import Synchronization

/// Takes SIGINT and SIGTERM from their default action and hands what the policy decides to a handler.
public final class SignalWatcher: Sendable {
    private let policy = Mutex(SignalPolicy())
    private let stopSources: Mutex<[@Sendable () -> Void]>

    /// A watcher that does not watch yet.
    public init() {
        stopSources = Mutex([])
    }

    /// The first signal received; nil when none was.
    public var received: Int32? { policy.withLock { $0.first } }

    /// Begins to watch, which is in force on return; `handler` is called on a queue of its own, once a signal, never for what is
    /// to be ignored.
    public func start(_ handler: @escaping @Sendable (SignalPolicy.Action) -> Void) {
        let queue = DispatchQueue(label: "signals")
        let registered = DispatchGroup()
        for number in [SIGINT, SIGTERM] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in receive(number, handler) }
            registered.enter()
            // On Linux registration puts Dispatch's own handler in place of the default action; SIG_IGN after it would undo it.
            source.setRegistrationHandler { registered.leave() }
            source.resume()
            let box = SourceBox(source)
            stopSources.withLock { $0.append { box.source.cancel() } }
        }
        registered.wait()
    }

    /// Ends the watch; for a process that is about to end.
    public func stop() {
        let stops = stopSources.withLock { stops in
            defer { stops = [] }
            return stops
        }
        for stop in stops { stop() }
    }

    /// What a signal does; also for tests, which raise none.
    public func receive(_ signal: Int32, _ handler: @Sendable (SignalPolicy.Action) -> Void) {
        let action = policy.withLock { $0.receive(signal) }
        if action != .ignore { handler(action) }
    }
}

/// Dispatch sources are thread-safe but not marked so on Linux; this one is only cancelled.
private final class SourceBox: @unchecked Sendable {
    let source: any DispatchSourceSignal

    init(_ source: any DispatchSourceSignal) {
        self.source = source
    }
}
