/// Puts encoded chunks into a file, in order: takes row groups, returns the bytes to write. Knows no file and no network.
public struct FileAssembler: Sendable {
    private let fields: [Field]
    private let sortedColumn: Int?
    /// Bytes given out so far.
    public private(set) var byteCount: Int64 = 0
    private var metadata: FileMetadata
    private var indexes: [[(columns: ColumnIndex?, offsets: OffsetIndex)]] = []

    /// A file of these columns. Row groups whose values of the column named `sortedBy` ascend are marked as sorted by it.
    public init(fields: [Field], sortedBy: String?, createdBy: String) {
        self.fields = fields
        sortedColumn = fields.firstIndex { $0.name == sortedBy }
        metadata = FileMetadata(fields: fields, rowCount: 0, rowGroups: [], keyValues: [], createdBy: createdBy)
    }

    public var rowCount: Int64 { metadata.rowCount }

    /// The file's first bytes.
    public mutating func begin() -> [UInt8] {
        byteCount = Int64(FooterReader.magic.count)
        return FooterReader.magic
    }

    /// The bytes of a row group, in pieces: they are those of the chunks, not copies. There is one chunk per column, in the
    /// schema's order, all of the same number of rows.
    public mutating func append(_ chunks: [EncodedChunk]) throws(ParquetError) -> [[UInt8]] {
        guard chunks.count == fields.count, let rows = chunks.first?.rowCount else {
            throw ParquetError("a row group needs \(fields.count) chunks, not \(chunks.count)")
        }
        var end = byteCount
        var group = RowGroupMetadata(columns: [], rowCount: Int64(rows), sortedBy: [])
        var groupIndexes: [(columns: ColumnIndex?, offsets: OffsetIndex)] = []
        for (field, chunk) in zip(fields, chunks) {
            guard chunk.rowCount == rows else {
                throw ParquetError("column \(field.name) has \(chunk.rowCount) rows where the first one has \(rows)")
            }
            let start = end
            group.columns.append(Self.metadata(of: chunk, field: field, start: start))
            groupIndexes.append(
                (
                    chunk.columnIndex,
                    OffsetIndex(
                        pages: chunk.pages.map {
                            OffsetIndex.Page(
                                offset: $0.offset + start,
                                compressedSize: $0.compressedSize,
                                firstRow: $0.firstRow
                            )
                        }
                    )
                )
            )
            end += Int64(chunk.bytes.count)
        }
        if let sortedColumn, chunks[sortedColumn].isAscending { group.sortedBy = [Int32(sortedColumn)] }
        byteCount = end
        metadata.rowGroups.append(group)
        metadata.rowCount += Int64(rows)
        indexes.append(groupIndexes)
        return chunks.map(\.bytes)
    }

    private static func metadata(of chunk: EncodedChunk, field: Field, start: Int64) -> ColumnChunkMetadata {
        ColumnChunkMetadata(
            physicalType: field.physicalType,
            encodings: chunk.encodings,
            name: field.name,
            codec: .zstd,
            valueCount: Int64(chunk.rowCount),
            uncompressedSize: Int64(chunk.uncompressedSize),
            compressedSize: Int64(chunk.bytes.count),
            dataPageOffset: start + Int64(chunk.dictionaryPageSize),
            dictionaryPageOffset: chunk.dictionaryPageSize > 0 ? start : nil,
            statistics: chunk.statistics
        )
    }

    /// The file's last bytes: page indexes, footer, magic. The footer is read back and must say what was written.
    public mutating func finish(keyValues: [KeyValue]) throws(ParquetError) -> [UInt8] {
        var bytes: [UInt8] = []
        for group in metadata.rowGroups.indices {
            for column in fields.indices where metadata.rowGroups[group].columns[column].valueCount > 0 {
                guard let index = indexes[group][column].columns else { continue }
                metadata.rowGroups[group].columns[column].columnIndex = try place(index.encoded(), &bytes)
            }
        }
        for group in metadata.rowGroups.indices {
            for column in fields.indices where indexes[group][column].offsets.pages.count > 1 {
                let index = indexes[group][column].offsets
                metadata.rowGroups[group].columns[column].offsetIndex = try place(index.encoded(), &bytes)
            }
        }
        metadata.keyValues = keyValues
        let footer = metadata.encoded()
        guard let length = UInt32(exactly: footer.count) else { throw ParquetError("the footer is larger than 4 GiB") }
        bytes += footer
        for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: length >> UInt32(8 * i))) }
        bytes += FooterReader.magic
        guard try FooterReader.read(tail: bytes[...]) == metadata else {
            throw ParquetError("the footer does not read back as it was written")
        }
        byteCount += Int64(bytes.count)
        return bytes
    }

    private func place(_ index: [UInt8], _ bytes: inout [UInt8]) throws(ParquetError) -> IndexLocation {
        guard let length = Int32(exactly: index.count) else { throw ParquetError("a page index is larger than 2 GiB") }
        let location = IndexLocation(offset: byteCount + Int64(bytes.count), length: length)
        bytes += index
        return location
    }
}

extension FileAssembler {
    /// Least and greatest value of an INT64 column so far; nil when there is none.
    public func bounds(ofColumn name: String) -> ClosedRange<Int64>? { metadata.bounds(ofColumn: name) }
}

extension FileMetadata {
    /// Least and greatest value of an INT64 column in the file, from its statistics; nil when there are none.
    public func bounds(ofColumn name: String) -> ClosedRange<Int64>? {
        let all = rowGroups.indices.compactMap { bounds(ofColumn: name, rowGroup: $0) }
        guard let least = all.map(\.lowerBound).min(), let greatest = all.map(\.upperBound).max() else { return nil }
        return least...greatest
    }

    /// Least and greatest value of an INT64 column in a row group, from its statistics; nil when there are none.
    public func bounds(ofColumn name: String, rowGroup: Int) -> ClosedRange<Int64>? {
        guard let column = fields.firstIndex(where: { $0.name == name && $0.physicalType == .int64 }),
            rowGroups.indices.contains(rowGroup), rowGroups[rowGroup].columns.indices.contains(column),
            let statistics = rowGroups[rowGroup].columns[column].statistics,
            let least = Self.int64(statistics.minimum), let greatest = Self.int64(statistics.maximum), least <= greatest
        else { return nil }
        return least...greatest
    }

    private static func int64(_ bytes: [UInt8]?) -> Int64? {
        guard let bytes, bytes.count == 8 else { return nil }
        return Int64(bitPattern: bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) })
    }
}
