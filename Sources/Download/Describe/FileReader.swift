import Common
import Glibc
import Parquet

/// Reads parts of a Parquet file on disk.
struct FileReader {
    private let path: String
    private let descriptor: Int32
    let size: Int64

    /// Opens the file for the time of `body`. Throws `FileError`.
    static func open<T>(_ path: String, _ body: (FileReader) throws -> T) throws -> T {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(operation: "read", path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(operation: "read", path: path, code: EISDIR) }
        return try body(FileReader(path: path, descriptor: descriptor, size: Int64(status.st_size)))
    }

    /// The bytes in `range`, which must lie within the file.
    func bytes(_ range: Range<Int64>) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(
                    descriptor,
                    buffer.baseAddress.map { $0 + count },
                    range.count - count,
                    off_t(range.lowerBound) + count
                )
                if got < 0, errno == EINTR { continue }
                if got <= 0 {
                    failure = got < 0 ? errno : EIO
                    break
                }
                count += got
            }
        }
        guard failure == 0 else { throw FileError(operation: "read", path: path, code: failure) }
        return bytes
    }

    /// A footer of more bytes is not read: that of a day of ticks has some thousands.
    private static let mostFooterBytes: Int64 = 256 << 20
    /// Enough for 400,000 column chunks; a footer of other bytes that claims more would fill the memory.
    private static let mostFooterElements = 4 << 20

    /// The footer. Throws `ParquetError`, and `FileError`.
    func metadata() throws -> FileMetadata {
        let tail = try bytes(max(0, size - 8)..<size)
        let footer = Int64(try FooterReader.footerSize(lastEight: tail[...]))
        guard footer <= Self.mostFooterBytes else {
            throw DescribeError(
                description: "\(path): the footer claims \(footer) bytes; at most \(Self.mostFooterBytes) are read"
            )
        }
        return try FooterReader.read(
            tail: try bytes(max(0, size - footer)..<size)[...],
            mostElements: Self.mostFooterElements
        )
    }
}
