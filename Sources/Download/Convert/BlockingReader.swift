import Common
import Dispatch
import Glibc

/// Reads a file or standard input piece by piece, off the threads that tasks run on: a pipe may take its time.
final class BlockingReader: Sendable {
    private let descriptor: Int32
    private let path: String
    private let queue = DispatchQueue(label: "reader")

    private static let pieceBytes = 256 << 10

    /// Opens a file, `-` for standard input. Throws `FileError`.
    init(_ path: String) throws {
        self.path = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// The next bytes, empty at the end. Throws `FileError`.
    func next() async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in continuation.resume(with: Result { try readPiece() }) }
        }
    }

    private func readPiece() throws -> [UInt8] {
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            var got = -1
            repeat { got = read(descriptor, buffer.baseAddress, buffer.count) } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            count = max(0, got)
        }
        guard failure == 0 else { throw FileError(operation: "read", path: path, code: failure) }
        return piece
    }
}
