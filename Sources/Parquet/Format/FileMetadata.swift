/// A file's footer (parquet.thrift `FileMetaData`), for flat schemas.
public struct FileMetadata: Sendable, Equatable {
    /// The columns, in order.
    public var fields: [Field]
    public var rowCount: Int64
    /// The row groups, in order.
    public var rowGroups: [RowGroupMetadata]
    /// The writer's own key-value pairs, in order.
    public var keyValues: [KeyValue]
    public var createdBy: String
}

/// One pair of a footer.
public struct KeyValue: Sendable, Equatable {
    public let key: String
    public let value: String

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// A row group as the footer describes it.
public struct RowGroupMetadata: Sendable, Equatable {
    /// One chunk per column, in the schema's order.
    public var columns: [ColumnChunkMetadata]
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
    /// Least and greatest value, and how many values are missing.
    public var statistics: ChunkStatistics?
    var offsetIndex: IndexLocation?
    var columnIndex: IndexLocation?
}

/// Where a page index lies in the file; its length is in bytes.
struct IndexLocation: Sendable, Equatable {
    let offset: Int64
    let length: Int32
}

/// Statistics of a chunk; values in their PLAIN bytes without length.
public struct ChunkStatistics: Sendable, Equatable {
    /// The least value; nil when all are null, or the values are too long to be kept.
    public var minimum: [UInt8]?
    public var maximum: [UInt8]?
    /// Missing values; nil when the writer did not say.
    public var nullCount: Int64?
}

// MARK: - Writing

extension FileMetadata {
    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { file in
            file.int32(Thrift.FileMetaData.version, 2)
            file.list(Thrift.FileMetaData.schema, .structure, count: fields.count + 1)
            file.nested { root in
                root.string(Thrift.SchemaElement.name, "schema")
                root.int32(Thrift.SchemaElement.numChildren, Int32(fields.count))
            }
            for field in fields { file.nested { field.encode(to: &$0) } }
            file.int64(Thrift.FileMetaData.numRows, rowCount)
            file.list(Thrift.FileMetaData.rowGroups, .structure, count: rowGroups.count)
            for (ordinal, group) in rowGroups.enumerated() {
                file.nested { group.encode(to: &$0, ordinal: ordinal) }
            }
            file.list(Thrift.FileMetaData.keyValueMetadata, .structure, count: keyValues.count)
            for pair in keyValues {
                file.nested { entry in
                    entry.string(Thrift.KeyValue.key, pair.key)
                    entry.string(Thrift.KeyValue.value, pair.value)
                }
            }
            file.string(Thrift.FileMetaData.createdBy, createdBy)
            // Every column is ordered by its type: without this, readers may not use min_value and max_value.
            file.list(Thrift.FileMetaData.columnOrders, .structure, count: fields.count)
            for _ in fields { file.nested { $0.structure(Thrift.ColumnOrder.typeOrder) { _ in } } }
        }
        return writer.bytes
    }
}

extension Field {
    fileprivate func encode(to writer: inout CompactWriter) {
        typealias ID = Thrift.SchemaElement
        let repetition: Thrift.FieldRepetitionType = isNullable ? .optional : .required
        writer.int32(ID.type, physicalType.rawValue)
        writer.int32(ID.repetitionType, repetition.rawValue)
        writer.string(ID.name, name)
        switch logicalType {
        case .none: return
        case .string:
            writer.int32(ID.convertedType, Thrift.ConvertedType.utf8.rawValue)
            writer.structure(ID.logicalType) { $0.structure(Thrift.LogicalType.string) { _ in } }
        case .timestampMicrosUTC:
            writer.int32(ID.convertedType, Thrift.ConvertedType.timestampMicros.rawValue)
            writer.structure(ID.logicalType) { logical in
                logical.structure(Thrift.LogicalType.timestamp) { timestamp in
                    timestamp.boolean(Thrift.TimestampType.isAdjustedToUTC, true)
                    timestamp.structure(Thrift.TimestampType.unit) { $0.structure(Thrift.TimeUnit.micros) { _ in } }
                }
            }
        }
    }
}

extension RowGroupMetadata {
    fileprivate func encode(to writer: inout CompactWriter, ordinal: Int) {
        typealias ID = Thrift.RowGroup
        writer.list(ID.columns, .structure, count: columns.count)
        for column in columns { writer.nested { column.encode(to: &$0) } }
        writer.int64(ID.totalByteSize, columns.reduce(0) { $0 + $1.uncompressedSize })
        writer.int64(ID.numRows, rowCount)
        if !sortedBy.isEmpty {
            writer.list(ID.sortingColumns, .structure, count: sortedBy.count)
            for column in sortedBy {
                writer.nested { sorting in
                    sorting.int32(Thrift.SortingColumn.columnIndex, column)
                    sorting.boolean(Thrift.SortingColumn.descending, false)
                    sorting.boolean(Thrift.SortingColumn.nullsFirst, true)
                }
            }
        }
        if let first = columns.first {
            writer.int64(ID.fileOffset, first.dictionaryPageOffset ?? first.dataPageOffset)
        }
        writer.int64(ID.totalCompressedSize, columns.reduce(0) { $0 + $1.compressedSize })
        if let ordinal = Int16(exactly: ordinal) { writer.int16(ID.ordinal, ordinal) }
    }
}

extension ColumnChunkMetadata {
    fileprivate func encode(to writer: inout CompactWriter) {
        typealias ID = Thrift.ColumnMetaData
        // Deprecated, yet required; 0 is what the format asks writers for.
        writer.int64(Thrift.ColumnChunk.fileOffset, 0)
        writer.structure(Thrift.ColumnChunk.metaData) { meta in
            meta.int32(ID.type, physicalType.rawValue)
            meta.list(ID.encodings, .int32, count: encodings.count)
            for encoding in encodings { meta.element(encoding.rawValue) }
            meta.list(ID.pathInSchema, .binary, count: 1)
            meta.element(Array(name.utf8))
            meta.int32(ID.codec, codec.rawValue)
            meta.int64(ID.numValues, valueCount)
            meta.int64(ID.totalUncompressedSize, uncompressedSize)
            meta.int64(ID.totalCompressedSize, compressedSize)
            meta.int64(ID.dataPageOffset, dataPageOffset)
            if let dictionaryPageOffset { meta.int64(ID.dictionaryPageOffset, dictionaryPageOffset) }
            if let statistics { meta.structure(ID.statistics) { statistics.encode(to: &$0) } }
        }
        if let offsetIndex {
            writer.int64(Thrift.ColumnChunk.offsetIndexOffset, offsetIndex.offset)
            writer.int32(Thrift.ColumnChunk.offsetIndexLength, offsetIndex.length)
        }
        if let columnIndex {
            writer.int64(Thrift.ColumnChunk.columnIndexOffset, columnIndex.offset)
            writer.int32(Thrift.ColumnChunk.columnIndexLength, columnIndex.length)
        }
    }
}

extension ChunkStatistics {
    fileprivate func encode(to writer: inout CompactWriter) {
        if let nullCount { writer.int64(Thrift.Statistics.nullCount, nullCount) }
        if let maximum { writer.binary(Thrift.Statistics.maxValue, maximum) }
        if let minimum { writer.binary(Thrift.Statistics.minValue, minimum) }
    }
}
