/// A column chunk ready to be put into a file; offsets are from its own first byte.
public struct EncodedChunk: Sendable {
    /// Dictionary page and data pages, with their headers.
    let bytes: [UInt8]
    let encodings: [Encoding]
    let rowCount: Int
    let uncompressedSize: Int
    let dictionaryPageSize: Int
    let pages: [OffsetIndex.Page]
    let statistics: ChunkStatistics
    let columnIndex: ColumnIndex?
    /// Whether no value is smaller than the one before it; false when there are nulls.
    let isAscending: Bool
}
