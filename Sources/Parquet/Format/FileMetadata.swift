/// A file's footer (parquet.thrift `FileMetaData`), for flat schemas.
public struct FileMetadata: Sendable, Equatable {
    /// The columns, in order.
    public var fields: [Field]
    /// Rows in all row groups.
    public var rowCount: Int64
    /// The row groups, in order.
    public var rowGroups: [RowGroupMetadata]
    /// The writer's own key-value pairs, in order.
    public var keyValues: [KeyValue]
    /// Who wrote the file.
    public var createdBy: String

    /// The value of the first pair with this key.
    public func value(_ key: String) -> String? {
        keyValues.first { $0.key == key }?.value
    }
}

/// One pair of a footer.
public struct KeyValue: Sendable, Equatable {
    /// The key.
    public let key: String
    /// The value.
    public let value: String

    /// A pair.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// A row group as the footer describes it.
public struct RowGroupMetadata: Sendable, Equatable {
    /// One chunk a column, in the schema's order.
    public var columns: [ColumnChunkMetadata]
    /// Rows.
    public var rowCount: Int64
    /// Columns by whose values the rows ascend (indices into the schema).
    public var sortedBy: [Int32]
}

/// A column chunk as the footer describes it. Offsets are from the file's start.
public struct ColumnChunkMetadata: Sendable, Equatable {
    /// How values lie in the file.
    public var physicalType: PhysicalType
    /// The encodings used in the chunk, levels included.
    public var encodings: [Encoding]
    /// The column's name.
    public var name: String
    /// How pages are compressed.
    public var codec: Codec
    /// Values, nulls included.
    public var valueCount: Int64
    /// Bytes with page headers, before compression.
    public var uncompressedSize: Int64
    /// Bytes in the file.
    public var compressedSize: Int64
    /// Where the first data page begins.
    public var dataPageOffset: Int64
    /// Where the dictionary page begins, if there is one.
    public var dictionaryPageOffset: Int64?
    /// Least and greatest value and the nulls.
    public var statistics: ChunkStatistics?
    /// Where the offset index lies, if there is one.
    public var offsetIndex: IndexLocation?
    /// Where the column index lies, if there is one.
    public var columnIndex: IndexLocation?
}

/// Where an index lies in the file.
public struct IndexLocation: Sendable, Equatable {
    /// Bytes from the file's start.
    public let offset: Int64
    /// Bytes.
    public let length: Int32
}

/// Statistics of a chunk; values in their PLAIN bytes without length.
public struct ChunkStatistics: Sendable, Equatable {
    /// The least value; nil when all are null, or the values are too long to be kept.
    public var minimum: [UInt8]?
    /// The greatest value, likewise.
    public var maximum: [UInt8]?
    /// Missing values; nil when the writer did not say.
    public var nullCount: Int64?
}

// MARK: - Writing

extension FileMetadata {
    /// The footer's Thrift bytes.
    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { file in
            file.int32(1, 2)
            file.list(2, .structure, count: fields.count + 1)
            file.nested { root in
                root.string(4, "schema")
                root.int32(5, Int32(fields.count))
            }
            for field in fields { file.nested { field.encode(to: &$0) } }
            file.int64(3, rowCount)
            file.list(4, .structure, count: rowGroups.count)
            for (ordinal, group) in rowGroups.enumerated() {
                file.nested { group.encode(to: &$0, ordinal: ordinal) }
            }
            file.list(5, .structure, count: keyValues.count)
            for pair in keyValues {
                file.nested { entry in
                    entry.string(1, pair.key)
                    entry.string(2, pair.value)
                }
            }
            file.string(6, createdBy)
            // Every column is ordered by its type: without this, readers may not use min_value and max_value.
            file.list(7, .structure, count: fields.count)
            for _ in fields { file.nested { $0.structure(1) { _ in } } }
        }
        return writer.bytes
    }
}

extension Field {
    fileprivate func encode(to writer: inout CompactWriter) {
        writer.int32(1, physicalType.rawValue)
        writer.int32(3, isNullable ? 1 : 0)
        writer.string(4, name)
        switch logicalType {
        case .none: return
        case .string:
            writer.int32(6, 0)
            writer.structure(10) { $0.structure(1) { _ in } }
        case .timestampMicrosUTC:
            writer.int32(6, 10)
            writer.structure(10) { logical in
                logical.structure(8) { timestamp in
                    timestamp.boolean(1, true)
                    timestamp.structure(2) { unit in unit.structure(2) { _ in } }
                }
            }
        }
    }
}

extension RowGroupMetadata {
    fileprivate func encode(to writer: inout CompactWriter, ordinal: Int) {
        writer.list(1, .structure, count: columns.count)
        for column in columns { writer.nested { column.encode(to: &$0) } }
        writer.int64(2, columns.reduce(0) { $0 + $1.uncompressedSize })
        writer.int64(3, rowCount)
        if !sortedBy.isEmpty {
            writer.list(4, .structure, count: sortedBy.count)
            for column in sortedBy {
                writer.nested { sorting in
                    sorting.int32(1, column)
                    sorting.boolean(2, false)
                    sorting.boolean(3, true)
                }
            }
        }
        if let first = columns.first { writer.int64(5, first.dictionaryPageOffset ?? first.dataPageOffset) }
        writer.int64(6, columns.reduce(0) { $0 + $1.compressedSize })
        if let ordinal = Int16(exactly: ordinal) { writer.int16(7, ordinal) }
    }
}

extension ColumnChunkMetadata {
    fileprivate func encode(to writer: inout CompactWriter) {
        writer.int64(2, 0)
        writer.structure(3) { meta in
            meta.int32(1, physicalType.rawValue)
            meta.list(2, .int32, count: encodings.count)
            for encoding in encodings { meta.element(encoding.rawValue) }
            meta.list(3, .binary, count: 1)
            meta.element(Array(name.utf8))
            meta.int32(4, codec.rawValue)
            meta.int64(5, valueCount)
            meta.int64(6, uncompressedSize)
            meta.int64(7, compressedSize)
            meta.int64(9, dataPageOffset)
            if let dictionaryPageOffset { meta.int64(11, dictionaryPageOffset) }
            if let statistics { meta.structure(12) { statistics.encode(to: &$0) } }
        }
        if let offsetIndex {
            writer.int64(4, offsetIndex.offset)
            writer.int32(5, offsetIndex.length)
        }
        if let columnIndex {
            writer.int64(6, columnIndex.offset)
            writer.int32(7, columnIndex.length)
        }
    }
}

extension ChunkStatistics {
    func encode(to writer: inout CompactWriter) {
        if let nullCount { writer.int64(3, nullCount) }
        if let maximum { writer.binary(5, maximum) }
        if let minimum { writer.binary(6, minimum) }
    }
}
