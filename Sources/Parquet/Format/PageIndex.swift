/// Where each page of a chunk lies (parquet.thrift `OffsetIndex`).
struct OffsetIndex: Sendable, Equatable {
    struct Page: Sendable, Equatable {
        /// Where its header begins, from the file's start.
        var offset: Int64
        var compressedSize: Int32
        /// The index, within the row group, of its first row.
        var firstRow: Int64
    }

    var pages: [Page]

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { index in
            index.list(Thrift.OffsetIndex.pageLocations, .structure, count: pages.count)
            for page in pages {
                index.nested { location in
                    location.int64(Thrift.PageLocation.offset, page.offset)
                    location.int32(Thrift.PageLocation.compressedPageSize, page.compressedSize)
                    location.int64(Thrift.PageLocation.firstRowIndex, page.firstRow)
                }
            }
        }
        return writer.bytes
    }
}

/// What each page of a chunk holds (parquet.thrift `ColumnIndex`).
struct ColumnIndex: Sendable, Equatable {
    /// Pages of which every value is null; their minimum and maximum are empty.
    var nullPages: [Bool]
    /// The least value of each page, in PLAIN bytes.
    var minimums: [[UInt8]]
    /// The greatest value of each page, in PLAIN bytes.
    var maximums: [[UInt8]]
    /// How the minimums and maximums of the pages follow one another.
    var boundaryOrder: Thrift.BoundaryOrder
    var nullCounts: [Int64]

    func encoded() -> [UInt8] {
        var writer = CompactWriter()
        writer.nested { index in
            index.list(Thrift.ColumnIndex.nullPages, .booleanTrue, count: nullPages.count)
            for flag in nullPages { index.element(flag) }
            index.list(Thrift.ColumnIndex.minValues, .binary, count: minimums.count)
            for value in minimums { index.element(value) }
            index.list(Thrift.ColumnIndex.maxValues, .binary, count: maximums.count)
            for value in maximums { index.element(value) }
            index.int32(Thrift.ColumnIndex.boundaryOrder, boundaryOrder.rawValue)
            index.list(Thrift.ColumnIndex.nullCounts, .int64, count: nullCounts.count)
            for count in nullCounts { index.element(count) }
        }
        return writer.bytes
    }
}
