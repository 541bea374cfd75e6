import Synchronization

/// What has been said already in this run, so that it is said once.
final class OnceFilter: Sendable {
    private let texts = Mutex<Set<String>>([])

    /// Whether this is the first time.
    func isFirst(_ text: String) -> Bool {
        texts.withLock { $0.insert(text).inserted }
    }
}
