/// Where each page of a chunk lies (parquet.thrift `OffsetIndex`).
public struct OffsetIndex: Sendable, Equatable {
    /// One data page.
    public struct Page: Sendable, Equatable {
        /// Where its header begins, from the file's start.
        public var offset: Int64
        /// Bytes with header.
        public var compressedSize: Int32
        /// The index, within the row group, of its first row.
        public var firstRow: Int64
    }

    /// The pages, in order.
    public var pages: [Page]

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { index in
            index.list(1, .structure, count: pages.count)
            for page in pages {
                index.nested { location in
                    location.int64(1, page.offset)
                    location.int32(2, page.compressedSize)
                    location.int64(3, page.firstRow)
                }
            }
        }
        return writer.bytes
    }

    init(pages: [Page]) {
        self.pages = pages
    }

    /// Reads an index from its bytes.
    public init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var pages: [Page] = []
        var reader = CompactReader(bytes)
        try reader.structure { (reader, field) throws(ParquetError) in
            guard field.id == 1 else { return false }
            try reader.list { (reader, _) throws(ParquetError) in
                var page = Page(offset: 0, compressedSize: 0, firstRow: 0)
                try reader.structure { (reader, field) throws(ParquetError) in
                    switch field.id {
                    case 1: page.offset = try reader.int64()
                    case 2: page.compressedSize = try reader.int32()
                    case 3: page.firstRow = try reader.int64()
                    default: return false
                    }
                    return true
                }
                pages.append(page)
            }
            return true
        }
        self.pages = pages
    }
}

/// What each page of a chunk holds (parquet.thrift `ColumnIndex`).
public struct ColumnIndex: Sendable, Equatable {
    /// Pages of which every value is null; their minimum and maximum are empty.
    public var nullPages: [Bool]
    /// The least value a page, in PLAIN bytes.
    public var minimums: [[UInt8]]
    /// The greatest value a page, in PLAIN bytes.
    public var maximums: [[UInt8]]
    /// 0 unordered, 1 ascending, 2 descending (`BoundaryOrder`).
    public var boundaryOrder: Int32
    /// Nulls a page.
    public var nullCounts: [Int64]

    init(nullPages: [Bool], minimums: [[UInt8]], maximums: [[UInt8]], boundaryOrder: Int32, nullCounts: [Int64]) {
        self.nullPages = nullPages
        self.minimums = minimums
        self.maximums = maximums
        self.boundaryOrder = boundaryOrder
        self.nullCounts = nullCounts
    }

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { index in
            index.list(1, .booleanTrue, count: nullPages.count)
            for flag in nullPages { index.element(flag) }
            index.list(2, .binary, count: minimums.count)
            for value in minimums { index.element(value) }
            index.list(3, .binary, count: maximums.count)
            for value in maximums { index.element(value) }
            index.int32(4, boundaryOrder)
            index.list(5, .int64, count: nullCounts.count)
            for count in nullCounts { index.element(count) }
        }
        return writer.bytes
    }

    /// Reads an index from its bytes.
    public init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var index = ColumnIndex(nullPages: [], minimums: [], maximums: [], boundaryOrder: 0, nullCounts: [])
        var reader = CompactReader(bytes)
        try reader.structure { (reader, field) throws(ParquetError) in
            switch field.id {
            case 1:
                try reader.list { (reader, _) throws(ParquetError) in index.nullPages.append(try reader.byte() == 1) }
            case 2: try reader.list { (reader, _) throws(ParquetError) in index.minimums.append(try reader.binary()) }
            case 3: try reader.list { (reader, _) throws(ParquetError) in index.maximums.append(try reader.binary()) }
            case 4: index.boundaryOrder = try reader.int32()
            case 5: try reader.list { (reader, _) throws(ParquetError) in index.nullCounts.append(try reader.int64()) }
            default: return false
            }
            return true
        }
        self = index
    }
}
