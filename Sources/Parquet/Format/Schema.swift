/// How values lie in the file (parquet.thrift `Type`), as far as this writer uses them.
public enum PhysicalType: Int32, Sendable, Equatable {
    case boolean = 0
    /// 32-bit integer; read only.
    case int32 = 1
    /// 64-bit integer.
    case int64 = 2
    /// 96-bit timestamps of old writers; read only.
    case int96 = 3
    /// IEEE 754 single; read only.
    case float = 4
    /// IEEE 754 double.
    case double = 5
    /// Bytes with a length.
    case byteArray = 6
    /// Bytes of one length; read only.
    case fixedLengthByteArray = 7
}

/// What the values mean to readers.
public enum LogicalType: Sendable, Equatable {
    /// Nothing beyond the physical type.
    case none
    /// UTF-8 text.
    case string
    /// Microseconds since 1970-01-01 UTC.
    case timestampMicrosUTC
}

/// One column of a flat schema.
public struct Field: Sendable, Equatable {
    public let name: String
    /// How values lie in the file.
    public let physicalType: PhysicalType
    public let logicalType: LogicalType
    /// Whether a value may be missing.
    public let isNullable: Bool

    public init(_ name: String, _ physicalType: PhysicalType, _ logicalType: LogicalType = .none, isNullable: Bool) {
        self.name = name
        self.physicalType = physicalType
        self.logicalType = logicalType
        self.isNullable = isNullable
    }
}

/// Encodings by their number in parquet.thrift.
public enum Encoding: Int32, Sendable, Equatable, CaseIterable {
    /// Values one after the other.
    case plain = 0
    /// Dictionary indices as the first version of the format called them; read only.
    case plainDictionary = 2
    /// Run lengths and bit packing: levels.
    case rle = 3
    /// Levels of old writers; read only.
    case bitPacked = 4
    /// Differences, bit packed in blocks: integers.
    case deltaBinaryPacked = 5
    /// Lengths as differences, then the bytes.
    case deltaLengthByteArray = 6
    /// Shared prefixes left out.
    case deltaByteArray = 7
    /// Indices into the chunk's dictionary page.
    case rleDictionary = 8
    /// Bytes of one rank together; read only.
    case byteStreamSplit = 9

    public var name: String {
        switch self {
        case .plain: "PLAIN"
        case .plainDictionary: "PLAIN_DICTIONARY"
        case .rle: "RLE"
        case .bitPacked: "BIT_PACKED"
        case .deltaBinaryPacked: "DELTA_BINARY_PACKED"
        case .deltaLengthByteArray: "DELTA_LENGTH_BYTE_ARRAY"
        case .deltaByteArray: "DELTA_BYTE_ARRAY"
        case .rleDictionary: "RLE_DICTIONARY"
        case .byteStreamSplit: "BYTE_STREAM_SPLIT"
        }
    }
}

/// Compression codecs by their number in parquet.thrift.
public enum Codec: Int32, Sendable, Equatable {
    /// None.
    case uncompressed = 0
    /// Snappy; read only.
    case snappy = 1
    /// Gzip; read only.
    case gzip = 2
    case zstd = 6
}
