import Common
import Glibc

/// A file that is written beside its final name and takes it only when it is whole.
final class OutputFile {
    private let path: String
    private let partial: String
    private var descriptor: Int32

    /// Begins the file. Throws `FileError`.
    init(_ path: String) throws {
        self.path = path
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        partial = "\(path[..<slash]).\(path[slash...]).\(getpid()).partial"
        descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(operation: "write", path: path, code: errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(partial)
    }

    /// Appends bytes. Throws `FileError`; a full disk is one.
    func write(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                raw.baseAddress.map { Glibc.write(descriptor, $0 + done, bytes.count - done) } ?? 0
            }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw FileError(operation: "write", path: path, code: errno)
            }
        }
    }

    /// Gives the file its name. Throws `FileError`.
    func finish() throws {
        guard fsync(descriptor) == 0 || errno == EINVAL, rename(partial, path) == 0 else {
            throw FileError(operation: "finish", path: path, code: errno)
        }
        close(descriptor)
        descriptor = -1
    }
}
