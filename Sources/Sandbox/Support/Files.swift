import Glibc

/// The few file operations that the stand-ins need.
public enum Files {
    /// Makes a directory and those above it.
    public static func makeDirectory(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SandboxError.system("make the directory \(path)")
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw SandboxError.system("make the directory \(path)")
        }
    }

    /// Makes a directory of an unused name under the system's folder for temporary files.
    public static func makeTemporaryDirectory(prefix: String) throws -> String {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // mkdtemp(3) puts its own characters in their place.
        let six = String(repeating: "X", count: 6)
        var template = Array("\(folder)/\(prefix).\(six)".utf8CString)
        guard mkdtemp(&template) != nil else { throw SandboxError.system("make a temporary directory in \(folder)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Writes a small file under another name first, so that readers see the old or the new one, never a part.
    /// Only its owner may read it where it `isPrivate`.
    public static func replace(_ path: String, with text: String, isPrivate: Bool = false) throws {
        let partial = "\(path).\(UInt64.random(in: 0...UInt64.max)).partial"
        let writer = try FileWriter(path: partial, mode: isPrivate ? 0o600 : 0o644)
        try writer.write(Array(text.utf8))
        try rename(partial, to: path)
    }

    /// The whole of a small file.
    public static func read(_ path: String) throws -> [UInt8] {
        let file = try OpenFile(path: path)
        return try file.read(at: 0, count: file.size)
    }

    /// The names in a directory, sorted; none when it does not exist.
    public static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether there is a directory of this name.
    public static func isDirectory(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes a directory with all that is in it; what cannot be removed stays.
    public static func removeTree(_ path: String) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        if info.st_mode & S_IFMT == S_IFDIR {
            for name in list(path) { removeTree("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    static func rename(_ path: String, to target: String) throws {
        guard Glibc.rename(path, target) == 0 else { throw SandboxError.system("rename \(path) to \(target)") }
    }
}

/// A file opened for writing, closed with the last reference.
final class FileWriter {
    private let descriptor: Int32
    private let path: String
    /// Bytes in the file.
    private(set) var count: Int

    /// Opens and empties a file, or continues it at its end.
    init(path: String, appending: Bool = false, mode: mode_t = 0o644) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (appending ? 0 : O_TRUNC), mode)
        guard descriptor >= 0 else { throw SandboxError.system("write \(path)") }
        self.path = path
        count = appending ? max(0, Int(lseek(descriptor, 0, SEEK_END))) : 0
    }

    deinit { close(descriptor) }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes(write)
    }

    /// Appends bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = retryingInterrupts { Glibc.write(descriptor, rest.baseAddress, rest.count) }
            guard written > 0 else { throw SandboxError.system("write \(path)") }
            done += written
        }
        count += done
    }

    /// Cuts the file to a length.
    func truncate(to length: Int) throws {
        guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, off_t(length), SEEK_SET) >= 0 else {
            throw SandboxError.system("truncate \(path)")
        }
        count = length
    }
}
