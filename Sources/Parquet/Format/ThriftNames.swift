/// Field ids and numbers of parquet.thrift under its own names, as far as they are written or read here.
/// See https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
enum Thrift {
    enum FileMetaData: Int16 {
        case version = 1
        case schema = 2
        case numRows = 3
        case rowGroups = 4
        case keyValueMetadata = 5
        case createdBy = 6
        case columnOrders = 7
    }

    enum SchemaElement: Int16 {
        case type = 1
        case repetitionType = 3
        case name = 4
        case numChildren = 5
        case convertedType = 6
        case logicalType = 10
    }

    /// A union: its field is its value.
    enum LogicalType: Int16 {
        case string = 1
        case timestamp = 8
    }

    enum TimestampType: Int16 {
        case isAdjustedToUTC = 1
        case unit = 2
    }

    enum TimeUnit: Int16 {
        case micros = 2
    }

    enum KeyValue: Int16 {
        case key = 1
        case value = 2
    }

    enum ColumnOrder: Int16 {
        case typeOrder = 1
    }

    enum RowGroup: Int16 {
        case columns = 1
        case totalByteSize = 2
        case numRows = 3
        case sortingColumns = 4
        case fileOffset = 5
        case totalCompressedSize = 6
        case ordinal = 7
    }

    enum SortingColumn: Int16 {
        case columnIndex = 1
        case descending = 2
        case nullsFirst = 3
    }

    enum ColumnChunk: Int16 {
        case fileOffset = 2
        case metaData = 3
        case offsetIndexOffset = 4
        case offsetIndexLength = 5
        case columnIndexOffset = 6
        case columnIndexLength = 7
    }

    enum ColumnMetaData: Int16 {
        case type = 1
        case encodings = 2
        case pathInSchema = 3
        case codec = 4
        case numValues = 5
        case totalUncompressedSize = 6
        case totalCompressedSize = 7
        case dataPageOffset = 9
        case dictionaryPageOffset = 11
        case statistics = 12
    }

    enum Statistics: Int16 {
        case nullCount = 3
        case maxValue = 5
        case minValue = 6
    }

    enum PageHeader: Int16 {
        case type = 1
        case uncompressedPageSize = 2
        case compressedPageSize = 3
        case dataPageHeader = 5
        case dictionaryPageHeader = 7
    }

    enum DataPageHeader: Int16 {
        case numValues = 1
        case encoding = 2
        case definitionLevelEncoding = 3
        case repetitionLevelEncoding = 4
    }

    enum DictionaryPageHeader: Int16 {
        case numValues = 1
        case encoding = 2
    }

    enum OffsetIndex: Int16 {
        case pageLocations = 1
    }

    enum PageLocation: Int16 {
        case offset = 1
        case compressedPageSize = 2
        case firstRowIndex = 3
    }

    enum ColumnIndex: Int16 {
        case nullPages = 1
        case minValues = 2
        case maxValues = 3
        case boundaryOrder = 4
        case nullCounts = 5
    }

    // MARK: Numbers

    enum PageType: Int32 {
        case dataPage = 0
        case dictionaryPage = 2
    }

    enum BoundaryOrder: Int32 {
        case unordered = 0
        case ascending = 1
    }

    enum FieldRepetitionType: Int32 {
        case required = 0
        case optional = 1
        case repeated = 2
    }

    /// What logical types were before there were any; old readers know only these.
    enum ConvertedType: Int32 {
        case utf8 = 0
        case timestampMicros = 10
    }
}
