import Host
import Common
import Console
import Glibc

/// Where a converted file goes. A regular file is written beside its final name and takes it only when it is whole; what is
/// there is lost no sooner. Standard output, devices and pipes are written as they are.
final class OutputFile {
    private let path: String
    /// Where the bytes are until the file is whole; nil when they go straight to their place.
    private let partial: String?
    private var descriptor: Int32

    /// Begins the file (`-` is standard output); a link is followed. Throws `FileError`, and `UsageError` when the file is
    /// `input` itself.
    init(_ path: String, input: String) throws {
        guard path != "-" else {
            self.path = "standard output"
            partial = nil
            descriptor = STDOUT_FILENO
            return
        }
        guard !path.isEmpty else { throw UsageError("OUT is empty; name the Parquet file") }
        let target = try Self.followed(path)
        var there = stat()
        let exists = stat(target, &there) == 0
        if exists, Self.isSame(there, input) { throw UsageError("IN and OUT are the same file, \(path)") }
        if exists, there.st_mode & S_IFMT == S_IFDIR { throw FileError(operation: "write", path: path, code: EISDIR) }
        self.path = target
        if exists, there.st_mode & S_IFMT != S_IFREG {
            partial = nil
            descriptor = open(target, O_WRONLY | O_CLOEXEC)
        } else {
            let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
            // The name may be as long as a name can be, of 255 bytes.
            let name = String(decoding: target[slash...].utf8.prefix(200), as: UTF8.self)
            let partial = "\(target[..<slash]).\(name).\(getpid()).partial"
            self.partial = partial
            descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else { throw FileError(operation: "write", path: path, code: errno) }
    }

    deinit {
        guard descriptor > STDERR_FILENO else { return }
        close(descriptor)
        if let partial { unlink(partial) }
    }

    /// The file that a link leads to, whether it is there yet or not; the path itself when it is no link. Throws `EILSEQ` for a name that
    /// is not UTF-8, as text cannot hold it, and `ELOOP`.
    private static func followed(_ path: String) throws(FileError) -> String {
        let notUTF8 = FileError(operation: "write", path: path, code: EILSEQ)
        var followed = path
        // As many links as the kernel follows.
        for _ in 0..<40 {
            if let real = realpath(followed, nil) {
                defer { free(real) }
                guard let text = String(validatingCString: real) else { throw notUTF8 }
                return text
            }
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let length = readlink(followed, &target, target.count)
            guard length >= 0 else { return followed }
            guard let text = String(validating: target.prefix(length), as: UTF8.self) else { throw notUTF8 }
            let folder = followed.lastIndex(of: "/").map { followed[...$0] } ?? ""
            followed = text.hasPrefix("/") ? text : folder + text
        }
        throw FileError(operation: "write", path: path, code: ELOOP)
    }

    private static func isSame(_ there: stat, _ input: String) -> Bool {
        var source = stat()
        return input != "-" && stat(input, &source) == 0 && source.st_dev == there.st_dev
            && source.st_ino == there.st_ino
            && there.st_mode & S_IFMT == S_IFREG
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
        guard let partial else { return }
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else {
            throw FileError(operation: "finish", path: path, code: errno)
        }
        close(descriptor)
        descriptor = -1
    }
}
