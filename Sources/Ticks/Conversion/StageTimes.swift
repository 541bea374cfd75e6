internal import Parquet
internal import Synchronization

/// CPU time of a conversion by stage, of all threads together. Each look at the clock is a system call: for those who ask only.
public final class StageTimes: Sendable {
    public enum Stage: String, Sendable, CaseIterable {
        case inflate, index, compare, times, numbers, texts, booleans, encode, zstd, write
    }

    private let nanoseconds = Mutex([Int64](repeating: 0, count: Stage.allCases.count))

    public init() {}

    /// Seconds of each stage, in the order of the work.
    public var seconds: [(stage: Stage, seconds: Double)] {
        nanoseconds.withLock { sums in zip(Stage.allCases, sums).map { ($0, Double($1) / 1e9) } }
    }

    /// What was noted for one stage and is of another.
    func move(_ nanoseconds: Int64, from stage: Stage, to other: Stage) {
        add(-nanoseconds, to: stage)
        add(nanoseconds, to: other)
    }

    func add(_ nanoseconds: Int64, to stage: Stage) {
        let index = Stage.allCases.firstIndex(of: stage) ?? 0
        self.nanoseconds.withLock { $0[index] += nanoseconds }
    }
}

extension StageTimes? {
    /// Does a stage's work, and notes its time if that is wanted.
    @inline(__always)
    public func measure<Result, Failure: Error>(
        _ stage: StageTimes.Stage,
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let self else { return try work() }
        let start = CPUClock.thread
        defer { self.add(CPUClock.thread - start, to: stage) }
        return try work()
    }
}
