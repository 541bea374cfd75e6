import Synchronization
import Text

/// The long-running operations of a service: one that is started is done when it is asked for the second time.
final class LongOperations: Sendable {
    private struct Entry {
        var polls = 0
        let metadata: JSONValue
        let response: JSONValue
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var slowness = 1
    }

    private let state = Mutex(State())

    /// How often an operation says that it is not done yet.
    func setSlowness(_ polls: Int) {
        state.withLock { $0.slowness = polls }
    }

    /// Starts an operation under a prefix such as `operations/`.
    func start(under prefix: String, metadata: JSONValue, response: JSONValue) -> JSONValue {
        let id = hex(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) })
        let name = prefix + id
        state.withLock { $0.entries[name] = Entry(metadata: metadata, response: response) }
        return ["name": .string(name), "metadata": metadata]
    }

    /// An operation as it is; nil when there is none of this name.
    func poll(_ name: String) -> JSONValue? {
        state.withLock { state in
            guard var entry = state.entries[name] else { return nil }
            entry.polls += 1
            state.entries[name] = entry
            guard entry.polls > state.slowness else { return ["name": .string(name), "metadata": entry.metadata] }
            return ["name": .string(name), "metadata": entry.metadata, "done": true, "response": entry.response]
        }
    }
}
