internal import Glibc
internal import Parquet

/// A fixed number of threads for work that only computes: inflating, parsing, encoding. Jobs run in the order they come.
public final class WorkPool: Sendable {
    let threadCount: Int
    private let shared: Shared

    /// Memory that a thread lends to the job it runs.
    final class Scratch {
        let cells = CellScratch()
        let encoder = EncoderScratch()
    }

    typealias Job = @Sendable (Scratch) -> Void

    /// A pool; by default with one thread per core.
    public init(threads: Int? = nil) {
        threadCount = max(1, threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        shared = Shared()
        for _ in 0..<threadCount {
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(shared).toOpaque()
            let status = pthread_create(
                &thread,
                nil,
                { raw in
                    guard let raw else { return nil }
                    Unmanaged<Shared>.fromOpaque(raw).takeRetainedValue().run()
                    return nil
                },
                argument
            )
            if status == 0 { pthread_detach(thread) } else { Unmanaged<Shared>.fromOpaque(argument).release() }
        }
    }

    deinit { shared.stop() }

    func submit(_ job: @escaping Job) {
        shared.submit(job)
    }

    /// A block to fill, used before if possible.
    func takeBlock() -> CSVBlock { shared.takeBlock() }

    func giveBack(_ block: CSVBlock) { shared.giveBack(block) }

    /// The queue and the idle blocks, all behind one pthread mutex. `@unchecked`: every access to the stored variables is made
    /// with the mutex held.
    private final class Shared: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var jobs: [Job?] = []
        private var head = 0
        private var isStopped = false
        private var idleBlocks: [CSVBlock] = []

        /// Idle blocks that are kept; a block is about 2 MB.
        private static let mostIdleBlocks = 8

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            pthread_cond_destroy(condition)
            mutex.deallocate()
            condition.deallocate()
        }

        func submit(_ job: @escaping Job) {
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_mutex_unlock(mutex)
            pthread_cond_signal(condition)
        }

        func stop() {
            pthread_mutex_lock(mutex)
            isStopped = true
            pthread_mutex_unlock(mutex)
            pthread_cond_broadcast(condition)
        }

        func run() {
            let scratch = Scratch()
            while let job = next() { job(scratch) }
        }

        private func next() -> Job? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while head == jobs.count, !isStopped { pthread_cond_wait(condition, mutex) }
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            // Not kept here: a job may hold the last reference to a conversion, whose end gives blocks back under this mutex.
            jobs[head] = nil
            head += 1
            if head > 64, head * 2 > jobs.count {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }

        func takeBlock() -> CSVBlock {
            pthread_mutex_lock(mutex)
            let block = idleBlocks.popLast()
            pthread_mutex_unlock(mutex)
            block?.reset()
            return block ?? CSVBlock()
        }

        func giveBack(_ block: CSVBlock) {
            pthread_mutex_lock(mutex)
            if idleBlocks.count < Self.mostIdleBlocks { idleBlocks.append(block) }
            pthread_mutex_unlock(mutex)
        }
    }
}
