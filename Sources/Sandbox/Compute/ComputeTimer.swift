import Dispatch
import Glibc
import Synchronization

/// Runs jobs at their times, one after the other, on one thread; jobs must not block.
final class ComputeTimer: Sendable {
    fileprivate struct Job {
        let due: Int
        let number: Int
        let run: @Sendable () -> Void

        func precedes(_ other: Job) -> Bool { (due, number) < (other.due, other.number) }
    }

    fileprivate struct State {
        var heap: [Job] = []
        var count = 0
        var isStopped = false
        var isHeld = false
        var thread = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// Runs a job in so many milliseconds; jobs of the same time keep their order.
    func after(milliseconds: Int, _ run: @escaping @Sendable () -> Void) {
        let due = Self.now() + max(0, milliseconds) * 1_000
        let (isFirst, startsThread) = state.withLock { state in
            guard !state.isStopped else { return (false, false) }
            state.count += 1
            state.push(Job(due: due, number: state.count, run: run))
            defer { state.thread = true }
            return (state.heap.first?.number == state.count, !state.thread)
        }
        if startsThread { startThread { self.loop() } }
        if isFirst { wake.signal() }
    }

    /// Holds all jobs back, however late they become; then lets them run again.
    func hold(_ isHeld: Bool) {
        state.withLock { $0.isHeld = isHeld }
        wake.signal()
    }

    /// Runs the job whose time comes next, at once and on the caller's thread; false when there is none.
    func runNext() -> Bool {
        guard let job = state.withLock({ $0.pop() }) else { return false }
        job.run()
        return true
    }

    /// Forgets all jobs and ends the thread.
    func stop() {
        // The jobs are released outside the lock: what they hold may call back when it goes.
        let forgotten = state.withLock { state in
            state.isStopped = true
            defer { state.heap = [] }
            return state.heap
        }
        wake.signal()
        withExtendedLifetime(forgotten) {}
    }

    private func loop() {
        while true {
            let next = state.withLock { state -> (job: Job?, wait: Int)? in
                if state.isStopped { return nil }
                guard !state.isHeld, let first = state.heap.first else { return (nil, 60_000) }
                let left = first.due - Self.now()
                return left > 0 ? (nil, (left + 999) / 1_000) : (state.pop(), 0)
            }
            guard let next else { return }
            if let job = next.job {
                job.run()
            } else {
                _ = wake.wait(timeout: .now() + .milliseconds(next.wait))
            }
        }
    }

    /// Microseconds of a clock that nobody sets.
    static func now() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
    }
}

extension ComputeTimer.State {
    fileprivate mutating func push(_ job: ComputeTimer.Job) {
        heap.append(job)
        var index = heap.count - 1
        while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    fileprivate mutating func pop() -> ComputeTimer.Job? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let job = heap.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].precedes(heap[$1]) }), heap[least].precedes(heap[index])
            else { return job }
            heap.swapAt(index, least)
            index = least
        }
    }
}
