import Dispatch
import Synchronization

/// A value that others can wait for a change of, without polling.
final class Watched<Value: Sendable & Equatable>: Sendable {
    private struct State {
        var value: Value
        var isClosed = false
        var waiters: [Int: DispatchSemaphore] = [:]
        var next = 0
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    /// Sets the value and wakes all that wait.
    func set(_ value: Value) {
        state.withLock { state in
            state.value = value
            for waiter in state.waiters.values { waiter.signal() }
        }
    }

    /// Wakes all that wait, now and in future.
    func close() {
        state.withLock { state in
            state.isClosed = true
            for waiter in state.waiters.values { waiter.signal() }
        }
    }

    /// The value as soon as it fits, or as it is when the time (nil for none) is over or this is closed.
    func wait(milliseconds: Int?, until fits: (Value) -> Bool) -> Value {
        let end = milliseconds.map { DispatchTime.now() + .milliseconds($0) } ?? .distantFuture
        let waiter = DispatchSemaphore(value: 0)
        let number = state.withLock { state in
            state.next += 1
            state.waiters[state.next] = waiter
            return state.next
        }
        defer { state.withLock { _ = $0.waiters.removeValue(forKey: number) } }
        while true {
            let (value, isClosed) = state.withLock { ($0.value, $0.isClosed) }
            if isClosed || fits(value) || waiter.wait(timeout: end) == .timedOut { return value }
        }
    }
}
