public import Console
import Glibc

/// Reading of files, replaceable in tests.
public struct FileAccess: Sendable {
    /// The whole content of a file. Throws `FileError`.
    public var read: @Sendable (_ path: String) throws -> [UInt8]
    /// Whether something is there and may be read.
    public var exists: @Sendable (_ path: String) -> Bool

    /// Access through these functions.
    public init(
        read: @escaping @Sendable (_ path: String) throws -> [UInt8],
        exists: @escaping @Sendable (_ path: String) -> Bool
    ) {
        self.read = read
        self.exists = exists
    }

    /// The machine's file system.
    public static let system = FileAccess(read: readWhole, exists: { access($0, R_OK) == 0 })

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
