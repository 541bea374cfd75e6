import Synchronization

/// What must happen however the tool ends, such as giving the terminal back; run once, last added first.
public final class ExitHooks: Sendable {
    private let hooks = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    /// Adds one. It must be short and may be called from any thread.
    public func add(_ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0.append(hook) }
    }

    /// Runs and forgets all hooks.
    public func run() {
        let all = hooks.withLock { hooks in
            defer { hooks = [] }
            return hooks
        }
        for hook in all.reversed() { hook() }
    }
}
