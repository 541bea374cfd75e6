internal import Synchronization

/// Bytes on their way between a task and the jobs of a pool, in order. Tasks wait: a writer for room, a reader for bytes. Jobs never
/// wait: they take what is there, and are started only while the pipe they write to is not full.
///
/// One writer and one reader at a time.
final class BoundedPipe: Sendable {
    private let capacity: Int
    private let state = Mutex(State())

    private struct State {
        var pieces: [[UInt8]] = []
        /// The first of `pieces` that has not been read.
        var head = 0
        /// Bytes that were put in and not released.
        var byteCount = 0
        var hasEnded = false
        var failure: (any Error)?
        var writer: Writer?
        var reader: Reader?
    }

    private typealias Writer = CheckedContinuation<Void, any Error>
    private typealias Reader = CheckedContinuation<[UInt8]?, any Error>

    /// A pipe that is full at `capacity` bytes. It takes more nevertheless: that they wait for room is up to its writers.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes that were put in and not released.
    var byteCount: Int { state.withLock { $0.byteCount } }
    var isFull: Bool { byteCount >= capacity }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    // MARK: In

    /// Appends bytes, full or not; drops them when the pipe has failed.
    func put(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let served = state.withLock { state -> (Reader, [UInt8])? in
            guard state.failure == nil else { return nil }
            state.pieces.append(bytes)
            state.byteCount += bytes.count
            guard let reader = state.reader else { return nil }
            state.reader = nil
            return Self.takeFirst(&state).map { (reader, $0) }
        }
        if let (reader, piece) = served { reader.resume(returning: piece) }
    }

    /// Returns when the pipe is not full, at once or once it is half empty. Throws what it has failed with.
    func waitForRoom() async throws {
        try await withCheckedThrowingContinuation { (continuation: Writer) in
            let answer = state.withLock { state -> Result<Void, any Error>? in
                if let failure = state.failure { return .failure(failure) }
                if state.byteCount < capacity { return .success(()) }
                state.writer = continuation
                return nil
            }
            if let answer { continuation.resume(with: answer) }
        }
    }

    func end() {
        let reader = state.withLock { state -> Reader? in
            state.hasEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    // MARK: Out

    /// The next piece, which counts no more; nil after the last. Throws what the pipe has failed with.
    func read() async throws -> [UInt8]? {
        let piece = try await withCheckedThrowingContinuation { (continuation: Reader) in
            let answer = state.withLock { state -> Result<[UInt8]?, any Error>? in
                if let failure = state.failure { return .failure(failure) }
                if let piece = Self.takeFirst(&state) { return .success(piece) }
                if state.hasEnded { return .success(nil) }
                state.reader = continuation
                return nil
            }
            if let answer { continuation.resume(with: answer) }
        }
        wakeWriter()
        return piece
    }

    /// All bytes that are there, maybe none, as one piece, and whether they are the last. They count until they are released.
    func takeAll() -> (bytes: [UInt8], areLast: Bool) {
        let (pieces, areLast) = state.withLock { state in
            defer {
                state.pieces = []
                state.head = 0
            }
            return (state.pieces[state.head...], state.hasEnded)
        }
        guard pieces.count > 1 else { return (pieces.first ?? [], areLast) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { bytes += piece }
        return (bytes, areLast)
    }

    /// `count` of the bytes from `takeAll` are used up.
    func release(_ count: Int) {
        state.withLock { state in
            if state.failure == nil { state.byteCount -= count }
        }
        wakeWriter()
    }

    /// Only once half of the pipe is free: a writer that is woken for each byte of room would do nothing else.
    private func wakeWriter() {
        let writer = state.withLock { state -> Writer? in
            guard state.byteCount <= capacity / 2 else { return nil }
            defer { state.writer = nil }
            return state.writer
        }
        writer?.resume()
    }

    private static func takeFirst(_ state: inout State) -> [UInt8]? {
        guard state.head < state.pieces.count else { return nil }
        let piece = state.pieces[state.head]
        state.pieces[state.head] = []
        state.head += 1
        state.byteCount -= piece.count
        if state.head == state.pieces.count {
            state.pieces.removeAll(keepingCapacity: true)
            state.head = 0
        }
        return piece
    }

    // MARK: Failure

    /// Drops what is there; `read` and `waitForRoom` throw `error` from now on.
    func fail(_ error: any Error) {
        let waiting = state.withLock { state -> (Writer?, Reader?) in
            defer { state = State(failure: error) }
            return (state.writer, state.reader)
        }
        waiting.0?.resume(throwing: error)
        waiting.1?.resume(throwing: error)
    }
}
