internal import Glibc

/// Puts the pages of one chunk together: headers, compression, sizes and the page index. One at a time for each scratch.
struct ChunkAssembler {
    private let scratch: EncoderScratch
    private let options: WriterOptions
    private let out: ByteBuffer
    private var uncompressedSize = 0
    private var dictionaryPageSize = 0
    private var pages: [OffsetIndex.Page] = []

    init(scratch: EncoderScratch, options: WriterOptions) {
        self.scratch = scratch
        self.options = options
        out = scratch.chunk
        out.count = 0
    }

    /// The dictionary page; `fill` writes its PLAIN values.
    mutating func dictionaryPage(valueCount: Int, _ fill: (ByteBuffer) -> Void) throws(ParquetError) {
        guard let count = Int32(exactly: valueCount) else {
            throw ParquetError("a dictionary has more than 2^31 values")
        }
        scratch.page.count = 0
        fill(scratch.page)
        try appendPage { header in
            header.int32(Thrift.PageHeader.type, Thrift.PageType.dictionaryPage.rawValue)
            return { page in
                page.structure(Thrift.PageHeader.dictionaryPageHeader) {
                    $0.int32(Thrift.DictionaryPageHeader.numValues, count)
                    $0.int32(Thrift.DictionaryPageHeader.encoding, Encoding.plain.rawValue)
                }
            }
        }
        dictionaryPageSize = out.count
    }

    /// All data pages, each as far as the next one's start; `fill` writes the encoded values of a range.
    mutating func dataPages(
        starts: [PageStart],
        valueCount: Int,
        rowCount: Int,
        presence: Presence,
        encoding: Encoding,
        _ fill: (Range<Int>, ByteBuffer) -> Void
    ) throws(ParquetError) {
        for (number, start) in starts.enumerated() {
            let end = number + 1 < starts.count ? starts[number + 1] : PageStart(row: rowCount, value: valueCount)
            let rows = end.row - start.row
            scratch.page.count = 0
            appendLevels(rows: rows, firstRow: start.row, presence: presence, to: scratch.page)
            fill(start.value..<end.value, scratch.page)
            try dataPage(rows: rows, firstRow: start.row, encoding: encoding)
        }
        scratch.releaseLargePage()
    }

    /// The data page that lies in `scratch.page`.
    private mutating func dataPage(rows: Int, firstRow: Int, encoding: Encoding) throws(ParquetError) {
        let start = out.count
        guard let count = Int32(exactly: rows) else { throw ParquetError("a page has more than 2^31 rows") }
        let size = try appendPage { header in
            header.int32(Thrift.PageHeader.type, Thrift.PageType.dataPage.rawValue)
            return { page in
                page.structure(Thrift.PageHeader.dataPageHeader) {
                    $0.int32(Thrift.DataPageHeader.numValues, count)
                    $0.int32(Thrift.DataPageHeader.encoding, encoding.rawValue)
                    $0.int32(Thrift.DataPageHeader.definitionLevelEncoding, Encoding.rle.rawValue)
                    $0.int32(Thrift.DataPageHeader.repetitionLevelEncoding, Encoding.rle.rawValue)
                }
            }
        }
        pages.append(
            OffsetIndex.Page(offset: Int64(start), compressedSize: size, firstRow: Int64(firstRow))
        )
    }

    /// Definition levels of a version-1 page: four bytes of length, then runs of 0 and 1.
    private func appendLevels(rows: Int, firstRow: Int, presence: Presence, to page: ByteBuffer) {
        if case .required = presence { return }
        let lengthAt = page.count
        for _ in 0..<4 { page.append(0) }
        switch presence {
        case .required: return
        case .complete: RunLengthEncoder.appendPresent(count: rows, to: page)
        case .flags(let flags):
            if scratch.levels.count < rows { scratch.levels = Array(repeating: 0, count: rows) }
            for i in 0..<rows { scratch.levels[i] = UInt32(flags[firstRow + i]) }
            RunLengthEncoder.append(scratch.levels, count: rows, width: 1, to: page)
        }
        let length = UInt32(page.count - lengthAt - 4)
        for i in 0..<4 { page.base[lengthAt + i] = UInt8(truncatingIfNeeded: length >> UInt32(8 * i)) }
    }

    /// Returns the page's size in the file, header included.
    @discardableResult
    private mutating func appendPage(
        _ describe: (inout CompactWriter) -> (inout CompactWriter) -> Void
    ) throws(ParquetError) -> Int32 {
        // Before it is compressed, which takes as much memory again.
        guard let size = Int32(exactly: scratch.page.count) else { throw ParquetError("a page is larger than 2 GiB") }
        let compressed = try scratch.compressPage(level: options.zstdLevel, to: out, behind: Self.mostHeaderBytes)
        guard let compressedSize = Int32(exactly: compressed) else { throw ParquetError("a page is larger than 2 GiB") }
        var header = CompactWriter()
        header.nested { page in
            let rest = describe(&page)
            page.int32(Thrift.PageHeader.uncompressedPageSize, size)
            page.int32(Thrift.PageHeader.compressedPageSize, compressedSize)
            rest(&page)
        }
        let headerSize = header.bytes.count
        guard headerSize <= Self.mostHeaderBytes, let total = Int32(exactly: headerSize + compressed) else {
            throw ParquetError("a page is larger than 2 GiB")
        }
        out.append(header.bytes, headerSize)
        memmove(out.base + out.count, out.base + out.count + Self.mostHeaderBytes - headerSize, compressed)
        out.count += compressed
        uncompressedSize += headerSize + scratch.page.count
        return total
    }

    /// A page's header comes before its body and yet is known after it, as it says the compressed size: the body is made behind
    /// the most that a header may take, and moved up to the header. Without statistics a header has about 30 bytes.
    private static let mostHeaderBytes = 64

    func finish(
        rowCount: Int,
        encoding: Encoding,
        bounds: [PageBounds],
        statistics: ChunkStatistics,
        boundaryOrder: Thrift.BoundaryOrder,
        isNullable: Bool,
        isAscending: Bool
    ) -> EncodedChunk {
        var encodings: [Encoding] = dictionaryPageSize > 0 ? [.plain, encoding] : [encoding]
        if isNullable { encodings.append(.rle) }
        // An index without bounds for a page that has values would be wrong; values too long to keep have none.
        let hasBounds = zip(bounds, pages).enumerated().allSatisfy { index, pair in
            pair.0.minimum != nil || pair.0.nullCount == rows(ofPage: index, rowCount: rowCount)
        }
        var index: ColumnIndex?
        if pages.count > 1, hasBounds {
            index = ColumnIndex(
                nullPages: bounds.map { $0.minimum == nil },
                minimums: bounds.map { $0.minimum ?? [] },
                maximums: bounds.map { $0.maximum ?? [] },
                boundaryOrder: boundaryOrder,
                nullCounts: bounds.map { Int64($0.nullCount) }
            )
        }
        defer { scratch.releaseLargeChunk() }
        return EncodedChunk(
            bytes: Array(out.bytes),
            encodings: encodings,
            rowCount: rowCount,
            uncompressedSize: uncompressedSize,
            dictionaryPageSize: dictionaryPageSize,
            pages: pages,
            statistics: statistics,
            columnIndex: index,
            isAscending: isAscending
        )
    }

    private func rows(ofPage index: Int, rowCount: Int) -> Int {
        let end = index + 1 < pages.count ? Int(pages[index + 1].firstRow) : rowCount
        return end - Int(pages[index].firstRow)
    }
}

/// Where a page begins: its first row, and its first value that is not null.
struct PageStart {
    var row: Int
    var value: Int
}

/// Which rows of a chunk have a value.
enum Presence {
    /// The column is required: no levels are written.
    case required
    /// The column is nullable, and no row is null.
    case complete
    /// One byte per row of the chunk: 1 for a value, 0 for null.
    case flags(UnsafePointer<UInt8>)
}
