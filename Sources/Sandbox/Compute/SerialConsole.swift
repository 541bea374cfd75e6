import Synchronization

/// Serial port 1 of a VM: the last megabyte of what was written, by position.
public final class SerialConsole: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var start = 0
    }

    public static let kept = 1 << 20

    private let state = Mutex(State())

    public init() {}

    public func write(_ bytes: some Collection<UInt8>) {
        state.withLock { state in
            state.bytes += bytes
            // In steps, so that a long log is not moved for every line.
            guard state.bytes.count > Self.kept * 2 else { return }
            let surplus = state.bytes.count - Self.kept
            state.bytes.removeFirst(surplus)
            state.start += surplus
        }
    }

    /// The output from a position on, where it really starts, and where the next read goes on. A position before what is kept is
    /// moved up; a negative one counts from the end.
    public func read(from position: Int) -> (contents: [UInt8], start: Int, next: Int) {
        state.withLock { state in
            let end = state.start + state.bytes.count
            let oldest = max(state.start, end - Self.kept)
            let start = min(end, max(oldest, position < 0 ? end + position : position))
            return (Array(state.bytes[(start - state.start)...]), start, end)
        }
    }
}
