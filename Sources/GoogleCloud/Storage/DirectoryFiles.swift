import CLibcrypto
import Dispatch
import FoundationEssentials
import Glibc

/// The system calls of a `DirectoryStore`.
struct DirectoryFiles: Sendable {
    let root: String
    /// Everything that is no object lives in this folder below the root: on the same file system, and never listed.
    static let hidden = ".tick-store"

    private static let queue = DispatchQueue(label: "directory-store", attributes: .concurrent)

    var temporaryFolder: String { "\(root)/\(Self.hidden)/tmp" }
    private var recordFolder: String { "\(root)/\(Self.hidden)/records" }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    /// Names may be longer than file names and `a` may stand beside `a/b`, so records are filed under a digest.
    func recordPath(_ name: String) -> String {
        let bytes = Array(name.utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(bytes, bytes.count, &digest)
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "\(recordFolder)/\(hex).json"
    }

    /// Runs blocking work beside the cooperative pool.
    static func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    func makeFolders() throws(StorageError) {
        for folder in [temporaryFolder, recordFolder] { try makeFolder(folder) }
    }

    func makeFolder(_ path: String) throws(StorageError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw failure("create the folder \(path)")
        }
    }

    /// Runs `body` while no other writer, in this process or another, changes anything.
    func locked<T>(_ body: () throws -> T) throws -> T {
        let descriptor = open("\(root)/\(Self.hidden)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("open the lock") }
        // Closing lets go of the lock, and so does the end of the process.
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("take the lock") }
        }
        return try body()
    }

    /// Which regular file has this path.
    func identity(_ path: String) -> FileIdentity? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Self.identity(status)
    }

    func identity(_ descriptor: Int32) -> FileIdentity? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return Self.identity(status)
    }

    private static func identity(_ status: stat) -> FileIdentity? {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return FileIdentity(inode: UInt64(status.st_ino), modifiedNanoseconds: modified, size: Int64(status.st_size))
    }

    func record(_ name: String) -> DirectoryRecord? {
        guard let data = try? Data(contentsOf: URL(filePath: recordPath(name))) else { return nil }
        return try? JSONDecoder().decode(DirectoryRecord.self, from: data)
    }

    /// Replaces a record, whole or not at all.
    func write(_ record: DirectoryRecord) throws {
        let path = recordPath(record.name)
        let bytes = [UInt8](try JSONEncoder().encode(record))
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("write the record of \(record.name)") }
        defer { close(descriptor) }
        try write(bytes, to: descriptor)
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw failure("write the record of \(record.name)")
        }
        try sync(recordFolder)
    }

    func write(_ bytes: [UInt8], to descriptor: Int32) throws(StorageError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR else { throw failure("write \(bytes.count) bytes") }
                continue
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a folder's entries survive a power cut.
    func sync(_ folder: String) throws(StorageError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the folder \(folder)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync the folder \(folder)") }
    }

    /// Deletes what writers have left behind that no longer live: a living one holds the lock on its file.
    func sweep() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: temporaryFolder)) ?? [] {
            let path = "\(temporaryFolder)/\(name)"
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
            close(descriptor)
        }
    }

    /// The names of all files below the folder part of `prefix`. Symbolic links are not followed: they may go in circles.
    func names(prefix: String) -> [String] {
        var found: [String] = []
        func walk(_ folder: String) {
            for entry in (try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? [] {
                if folder.isEmpty, entry == Self.hidden { continue }
                var status = stat()
                guard lstat(path(folder + entry), &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR { walk(folder + entry + "/") }
                if status.st_mode & S_IFMT == S_IFREG { found.append(folder + entry) }
            }
        }
        walk(prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? "")
        return found
    }

    /// The error for a system call that has just failed.
    func failure(_ operation: String) -> StorageError {
        let reason = String(cString: strerror(errno))
        let next = errno == ENOSPC ? "free some space" : "check the folder and its permissions"
        return StorageError(.file, operation: operation, detail: "\(reason) in \(root); \(next)")
    }
}
