import Host
import Parquet

extension ReadableFile {
    /// A footer of more bytes is not read: that of a day of ticks has some thousands.
    private static let mostFooterBytes: Int64 = 256 << 20
    /// Enough for 400,000 column chunks; a footer of other bytes that claims more would fill the memory.
    private static let mostFooterElements = 4 << 20

    /// The footer of a Parquet file. Throws `ParquetError`, and `FileError`.
    func metadata() throws -> FileMetadata {
        let size = try size()
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
