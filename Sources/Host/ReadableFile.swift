public import Dispatch
import Glibc
import Synchronization

/// A file that is read, closed at the latest with the last reference. One that is closed meanwhile fails with `EBADF`.
public final class ReadableFile: Sendable {
    public let path: String
    private let descriptor: Mutex<Int32>

    /// Enough for one read to be cheap, and little enough to be held for each of many files.
    public static let pieceBytes = 256 << 10

    public init(_ path: String) throws(FileError) {
        self.path = path
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        descriptor = Mutex(opened)
    }

    private init(standardInput: Int32) {
        path = "standard input"
        descriptor = Mutex(standardInput)
    }

    public static func standardInput() -> ReadableFile { ReadableFile(standardInput: STDIN_FILENO) }

    deinit { close() }

    /// Bytes of a regular file. Throws `EISDIR` for what is none.
    public func size() throws(FileError) -> Int64 {
        let status: stat? = descriptor.withLock { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 ? status : nil
        }
        guard let status else { throw FileError(operation: "read", path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(operation: "read", path: path, code: EISDIR) }
        return Int64(status.st_size)
    }

    /// The next bytes, none at the end. Blocks.
    public func next() throws(FileError) -> [UInt8] {
        try take(Self.pieceBytes) { descriptor, buffer in read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// As `next`, on a queue instead of a thread that tasks run on: a pipe may take its time. A task that is cancelled does not wait for
    /// it; what the pipe says later is then lost.
    public func next(on queue: DispatchQueue) async throws -> [UInt8] {
        let answer = Answer()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                answer.wait(continuation)
                queue.async { [self] in answer.give(Result { try next() }) }
            }
        } onCancel: {
            answer.give(.failure(CancellationError()))
        }
    }

    /// The first of several answers to one question.
    private final class Answer: Sendable {
        private typealias Waiter = CheckedContinuation<[UInt8], any Error>
        private enum State {
            case open
            case awaited(Waiter)
            case given(Result<[UInt8], any Error>)
        }

        private let state = Mutex(State.open)

        func wait(_ waiter: CheckedContinuation<[UInt8], any Error>) {
            let given = state.withLock { state -> Result<[UInt8], any Error>? in
                if case .given(let answer) = state { return answer }
                state = .awaited(waiter)
                return nil
            }
            if let given { waiter.resume(with: given) }
        }

        func give(_ answer: Result<[UInt8], any Error>) {
            let waiter = state.withLock { state -> Waiter? in
                defer { if case .given = state {} else { state = .given(answer) } }
                if case .awaited(let waiter) = state { return waiter }
                return nil
            }
            waiter?.resume(with: answer)
        }
    }

    /// The bytes in `range`, which must lie within the file. Blocks.
    public func bytes(_ range: Range<Int64>) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            let start = off_t(range.lowerBound) + bytes.count
            let piece = try take(range.count - bytes.count) { descriptor, buffer in
                pread(descriptor, buffer.baseAddress, buffer.count, start)
            }
            guard !piece.isEmpty else { throw FileError(operation: "read", path: path, code: EIO) }
            if piece.count == range.count { return piece }
            bytes += piece
        }
        return bytes
    }

    /// All of it, from where it was read to. Throws `EFBIG` for more than `limit` bytes. Blocks.
    public func rest(atMost limit: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let piece = try next(), !piece.isEmpty {
            bytes += piece
            guard bytes.count <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
        }
        return bytes
    }

    public func close() {
        descriptor.withLock { descriptor in
            if descriptor > STDIN_FILENO { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Under the lock, so that nobody closes the file meanwhile.
    private func take(
        _ limit: Int,
        _ read: (Int32, UnsafeMutableBufferPointer<UInt8>) -> Int
    ) throws(FileError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = descriptor.withLock { descriptor in
            [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
                var count = -1
                repeat { count = read(descriptor, buffer) } while count < 0 && errno == EINTR
                if count < 0 { failure = errno }
                filled = max(0, count)
            }
        }
        guard failure == 0 else { throw FileError(operation: "read", path: path, code: failure) }
        return bytes
    }
}

/// A file that cannot be used.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried: "read".
    public let operation: String
    public let path: String
    /// The `errno`.
    public let code: Int32

    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    public var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}
