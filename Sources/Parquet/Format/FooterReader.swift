/// Reads the footer of a Parquet file: the tail `… metadata, its length (4 bytes, little-endian), PAR1`.
public enum FooterReader {
    /// The magic at both ends of a file.
    public static let magic: [UInt8] = Array("PAR1".utf8)

    /// The bytes of metadata that the last eight bytes of a file announce, with those eight.
    public static func footerSize(lastEight: ArraySlice<UInt8>) throws(ParquetError) -> Int {
        guard lastEight.count == 8 else { throw ParquetError("the file is shorter than a Parquet footer") }
        let tail = Array(lastEight)
        guard Array(tail[4...]) == magic else {
            throw ParquetError(
                tail[4...].elementsEqual("PARE".utf8)
                    ? "the file has an encrypted footer, which cannot be read here"
                    : "the file does not end in PAR1: it is no Parquet file, or was cut off"
            )
        }
        return (0..<4).reduce(0) { $0 | Int(tail[$1]) << (8 * $1) } + 8
    }

    /// Reads the metadata from a footer: `tail` ends with the file's last byte and holds at least `footerSize` bytes. Of a file
    /// that others made, no more than `mostElements` structures and list elements are read; a column chunk is about ten.
    public static func read(
        tail: ArraySlice<UInt8>,
        mostElements: Int = .max
    ) throws(ParquetError) -> FileMetadata {
        let size = try footerSize(lastEight: tail.suffix(8))
        guard size <= tail.count else {
            throw ParquetError("the footer claims \(size) bytes, of which \(tail.count) are there")
        }
        var reader = CompactReader(tail.suffix(size).dropLast(8), mostElements: mostElements)
        return try FileMetadata(&reader)
    }
}

extension FileMetadata {
    init(_ reader: inout CompactReader) throws(ParquetError) {
        var file = FileMetadata(fields: [], rowCount: 0, rowGroups: [], keyValues: [], createdBy: "")
        var root: SchemaElement?
        try reader.structure(Thrift.FileMetaData.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .schema:
                try reader.list { (reader, _) throws(ParquetError) in
                    let element = try SchemaElement(&reader)
                    if root == nil { root = element } else { file.fields.append(try element.field()) }
                }
            case .numRows: file.rowCount = try reader.int64()
            case .rowGroups: file.rowGroups = try reader.array(RowGroupMetadata.init)
            case .keyValueMetadata: file.keyValues = try reader.array(KeyValue.init)
            case .createdBy: file.createdBy = try reader.string()
            default: return false
            }
            return true
        }
        guard root != nil else { throw ParquetError("the footer has no schema") }
        let isConsistent = file.rowGroups.allSatisfy { group in
            group.columns.count == file.fields.count
                && group.sortedBy.allSatisfy { file.fields.indices.contains(Int($0)) }
        }
        guard isConsistent else { throw ParquetError("the footer's row groups do not fit its schema") }
        try file.checkCounts()
        self = file
    }

    /// Whoever reads the answer may add sizes and counts up.
    private func checkCounts() throws(ParquetError) {
        var total: Int64 = 0
        for group in rowGroups {
            let counts: [Int64] = group.columns.flatMap { (column: ColumnChunkMetadata) -> [Int64] in
                [column.valueCount, column.uncompressedSize, column.compressedSize, column.statistics?.nullCount ?? 0]
            }
            for count in counts + [group.rowCount] {
                let (sum, overflow) = total.addingReportingOverflow(count)
                guard count >= 0, !overflow else { throw ParquetError("the footer has a size or count that cannot be") }
                total = sum
            }
        }
    }
}

/// An element of the schema as it is in the file, before it is known to be a plain column.
private struct SchemaElement {
    var physicalType: PhysicalType?
    var repetition: Thrift.FieldRepetitionType? = .required
    var name = ""
    var childCount: Int32 = 0
    var convertedType: Thrift.ConvertedType?
    var logicalType: LogicalType?

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var element = self
        try reader.structure(Thrift.SchemaElement.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .type:
                let raw = try reader.int32()
                guard let type = PhysicalType(rawValue: raw) else {
                    throw ParquetError("the schema has a column of the unknown type \(raw)")
                }
                element.physicalType = type
            case .repetitionType: element.repetition = .init(rawValue: try reader.int32())
            case .name: element.name = try reader.string()
            case .numChildren: element.childCount = try reader.int32()
            case .convertedType: element.convertedType = .init(rawValue: try reader.int32())
            case .logicalType: element.logicalType = try Self.logicalType(&reader)
            }
            return true
        }
        self = element
    }

    private static func logicalType(_ reader: inout CompactReader) throws(ParquetError) -> LogicalType {
        var type = LogicalType.none
        try reader.structure(Thrift.LogicalType.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .string:
                type = .string
                return false
            case .timestamp:
                var isUTC = false
                var isMicros = false
                try reader.structure(Thrift.TimestampType.self) { (reader, field) throws(ParquetError) in
                    switch field.id {
                    case .isAdjustedToUTC: isUTC = reader.boolean(field)
                    case .unit:
                        try reader.structure(Thrift.TimeUnit.self) { (_, unit) throws(ParquetError) in
                            isMicros = unit.id == .micros
                            return false
                        }
                    }
                    return true
                }
                if isUTC, isMicros { type = .timestampMicrosUTC }
                return true
            }
        }
        return type
    }

    func field() throws(ParquetError) -> Field {
        guard childCount == 0, let physicalType, repetition != .repeated else {
            throw ParquetError("column \(name) is nested or repeated; only flat schemas are read here")
        }
        let legacy: LogicalType =
            switch convertedType {
            case .utf8: .string
            case .timestampMicros: .timestampMicrosUTC
            case nil: .none
            }
        return Field(name, physicalType, logicalType ?? legacy, isNullable: repetition == .optional)
    }
}

extension KeyValue {
    fileprivate init(_ reader: inout CompactReader) throws(ParquetError) {
        var key = ""
        var value = ""
        try reader.structure(Thrift.KeyValue.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .key: key = try reader.string()
            case .value: value = try reader.string()
            }
            return true
        }
        self.init(key, value)
    }
}

extension RowGroupMetadata {
    fileprivate init(_ reader: inout CompactReader) throws(ParquetError) {
        var group = RowGroupMetadata(columns: [], rowCount: 0, sortedBy: [])
        try reader.structure(Thrift.RowGroup.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .columns: group.columns = try reader.array(ColumnChunkMetadata.init(_:))
            case .numRows: group.rowCount = try reader.int64()
            case .sortingColumns:
                try reader.list { (reader, _) throws(ParquetError) in
                    try reader.structure(Thrift.SortingColumn.self) { (reader, field) throws(ParquetError) in
                        guard field.id == .columnIndex else { return false }
                        group.sortedBy.append(try reader.int32())
                        return true
                    }
                }
            default: return false
            }
            return true
        }
        self = group
    }
}

extension ColumnChunkMetadata {
    fileprivate init(_ reader: inout CompactReader) throws(ParquetError) {
        var chunk: ColumnChunkMetadata?
        var offsetIndex: (offset: Int64, length: Int32) = (0, 0)
        var columnIndex: (offset: Int64, length: Int32) = (0, 0)
        try reader.structure(Thrift.ColumnChunk.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .metaData: chunk = try ColumnChunkMetadata(metadata: &reader)
            case .offsetIndexOffset: offsetIndex.offset = try reader.int64()
            case .offsetIndexLength: offsetIndex.length = try reader.int32()
            case .columnIndexOffset: columnIndex.offset = try reader.int64()
            case .columnIndexLength: columnIndex.length = try reader.int32()
            default: return false
            }
            return true
        }
        guard var chunk else { throw ParquetError("a column chunk has no metadata in the footer") }
        if offsetIndex.length > 0 {
            chunk.offsetIndex = IndexLocation(offset: offsetIndex.offset, length: offsetIndex.length)
        }
        if columnIndex.length > 0 {
            chunk.columnIndex = IndexLocation(offset: columnIndex.offset, length: columnIndex.length)
        }
        self = chunk
    }

    private init(metadata reader: inout CompactReader) throws(ParquetError) {
        var chunk = ColumnChunkMetadata(
            physicalType: .boolean,
            encodings: [],
            name: "",
            codec: .uncompressed,
            valueCount: 0,
            uncompressedSize: 0,
            compressedSize: 0,
            dataPageOffset: 0
        )
        var path: [String] = []
        try reader.structure(Thrift.ColumnMetaData.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .type:
                guard let type = PhysicalType(rawValue: try reader.int32()) else {
                    throw ParquetError("a column chunk has an unknown type")
                }
                chunk.physicalType = type
            case .encodings:
                chunk.encodings = try reader.array { (reader) throws(ParquetError) in
                    let raw = try reader.int32()
                    guard let encoding = Encoding(rawValue: raw) else {
                        throw ParquetError("a column chunk has the unknown encoding \(raw)")
                    }
                    return encoding
                }
            case .pathInSchema: path = try reader.array { (reader) throws(ParquetError) in try reader.string() }
            case .codec:
                let raw = try reader.int32()
                guard let codec = Codec(rawValue: raw) else {
                    throw ParquetError("a column chunk has the unknown codec \(raw)")
                }
                chunk.codec = codec
            case .numValues: chunk.valueCount = try reader.int64()
            case .totalUncompressedSize: chunk.uncompressedSize = try reader.int64()
            case .totalCompressedSize: chunk.compressedSize = try reader.int64()
            case .dataPageOffset: chunk.dataPageOffset = try reader.int64()
            case .dictionaryPageOffset: chunk.dictionaryPageOffset = try reader.int64()
            case .statistics: chunk.statistics = try ChunkStatistics(&reader)
            }
            return true
        }
        chunk.name = path.joined(separator: ".")
        self = chunk
    }
}

extension ChunkStatistics {
    fileprivate init(_ reader: inout CompactReader) throws(ParquetError) {
        var statistics = ChunkStatistics(minimum: nil, maximum: nil, nullCount: nil)
        try reader.structure(Thrift.Statistics.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .nullCount: statistics.nullCount = try reader.int64()
            case .maxValue: statistics.maximum = try reader.binary()
            case .minValue: statistics.minimum = try reader.binary()
            }
            return true
        }
        self = statistics
    }
}
