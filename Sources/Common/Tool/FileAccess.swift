public import Console
import Glibc

/// Reading of files, replaceable in tests.
public struct FileAccess: Sendable {
    /// The whole content of a file of settings or instruments. Throws `FileError`, also for more than 64 MiB.
    public var read: @Sendable (_ path: String) throws -> [UInt8]
    /// Whether a regular file is there and may be read: no folder, and no pipe that would be waited for.
    public var exists: @Sendable (_ path: String) -> Bool
    /// Whether users who are neither the file's owner nor of its group may read it.
    public var isReadableByOthers: @Sendable (_ path: String) -> Bool

    /// Access through these functions.
    public init(
        read: @escaping @Sendable (_ path: String) throws -> [UInt8],
        exists: @escaping @Sendable (_ path: String) -> Bool,
        isReadableByOthers: @escaping @Sendable (_ path: String) -> Bool = { _ in false }
    ) {
        self.read = read
        self.exists = exists
        self.isReadableByOthers = isReadableByOthers
    }

    /// The machine's file system.
    public static let system = FileAccess(read: readWhole, exists: isReadableFile, isReadableByOthers: isOpen)

    /// Files by path, in memory.
    public static func memory(_ files: [String: String]) -> FileAccess {
        FileAccess(
            read: { path in
                guard let text = files[path] else { throw FileError(operation: "read", path: path, code: ENOENT) }
                return Array(text.utf8)
            },
            exists: { files[$0] != nil }
        )
    }

    /// The content as text; malformed UTF-8 is an error.
    public func text(_ path: String) throws -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw FileError(operation: "read", path: path, code: EILSEQ)
        }
        return text
    }

    private static let longest = 64 << 20

    private static func isReadableFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, R_OK) == 0
    }

    private static func isOpen(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IROTH != 0
    }

    private static func readWhole(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
                guard bytes.count <= longest else { throw FileError(operation: "read", path: path, code: EFBIG) }
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                throw FileError(operation: "read", path: path, code: errno)
            }
        }
    }
}

/// A file that cannot be used.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried: "read".
    public let operation: String
    /// The file.
    public let path: String
    /// The `errno`.
    public let code: Int32

    /// An error about one file.
    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// One sentence.
    public var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

extension FileError: ExitStatusProviding {
    /// Always `failed`.
    public var exitStatus: ExitStatus { .failed }
}
