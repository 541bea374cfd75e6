public import Console
import Glibc
public import Host

/// Reading of files, replaceable in tests.
public struct FileAccess: Sendable {
    /// The whole content of a file of settings or instruments. Throws `FileError`, also for more than 64 MiB.
    public var read: @Sendable (_ path: String) throws -> [UInt8]
    /// Whether a regular file is there and may be read: no folder, and no pipe that would be waited for.
    public var exists: @Sendable (_ path: String) -> Bool
    /// Whether users who are neither the file's owner nor of its group may read it.
    public var isReadableByOthers: @Sendable (_ path: String) -> Bool

    public init(
        read: @escaping @Sendable (_ path: String) throws -> [UInt8],
        exists: @escaping @Sendable (_ path: String) -> Bool,
        isReadableByOthers: @escaping @Sendable (_ path: String) -> Bool = { _ in false }
    ) {
        self.read = read
        self.exists = exists
        self.isReadableByOthers = isReadableByOthers
    }

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

    private static func readWhole(_ path: String) throws -> [UInt8] { try ReadableFile(path).rest(atMost: longest) }
}

extension FileError: ExitStatusProviding {
    /// Always `failed`.
    public var exitStatus: ExitStatus { .failed }
}
