internal import Glibc

/// Puts the pages of one chunk together: headers, compression, sizes and the page index. One at a time for each scratch.
struct ChunkAssembler {
    private let scratch: EncoderScratch
    private let options: WriterOptions
    private let matching: MatchingChoice
    private let out: ByteBuffer
    private var uncompressedSize = 0
    private var dictionaryPageSize = 0
    private var pages: [OffsetIndex.Page] = []

    /// `matching` is the column's.
    init(scratch: EncoderScratch, options: WriterOptions, matching: MatchingChoice) {
        self.scratch = scratch
        self.options = options
        self.matching = matching
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
        try appendPage(.short) { header in
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

    /// All data pages, of as many rows as the options say; `fill` writes the encoded values of a range. Without `nulls` the column is
    /// required.
    mutating func dataPages(
        rowCount: Int,
        nulls: NullRuns?,
        encoding: Encoding,
        _ fill: (Range<Int>, ByteBuffer) -> Void
    ) throws(ParquetError) {
        let starts = Array(stride(from: 0, to: rowCount, by: options.pageRows))
        try dataPages(starts: starts, rowCount: rowCount, nulls: nulls, encoding: encoding, fill)
    }

    /// The same, with pages that begin with given rows.
    mutating func dataPages(
        starts: [Int],
        rowCount: Int,
        nulls: NullRuns?,
        encoding: Encoding,
        _ fill: (Range<Int>, ByteBuffer) -> Void
    ) throws(ParquetError) {
        var value = 0
        var cursor = 0
        for (number, start) in starts.enumerated() {
            let rows = start..<(number + 1 < starts.count ? starts[number + 1] : rowCount)
            scratch.page.count = 0
            let present = nulls?.appendLevels(rows, &cursor, to: scratch.page) ?? rows.count
            fill(value..<value + present, scratch.page)
            value += present
            if number == 0, options.zstdLevel == 1 { try scratch.choose(matching, encoding) }
            try dataPage(rows: rows.count, firstRow: start, encoding: encoding)
        }
        scratch.releaseLargePage()
    }

    /// The data page that lies in `scratch.page`.
    private mutating func dataPage(rows: Int, firstRow: Int, encoding: Encoding) throws(ParquetError) {
        let start = out.count
        guard let count = Int32(exactly: rows) else { throw ParquetError("a page has more than 2^31 rows") }
        let size = try appendPage(matching.matching) { header in
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

    /// Returns the page's size in the file, header included.
    @discardableResult
    private mutating func appendPage(
        _ matching: PageCompressor.Matching,
        _ describe: (inout CompactWriter) -> (inout CompactWriter) -> Void
    ) throws(ParquetError) -> Int32 {
        // Before it is compressed, which takes as much memory again.
        guard let size = Int32(exactly: scratch.page.count) else { throw ParquetError("a page is larger than 2 GiB") }
        let compressed = try scratch.compressPage(
            level: options.zstdLevel,
            matching,
            to: out,
            behind: Self.mostHeaderBytes
        )
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

    /// The finished chunk. `pageBounds` has bounds for each page, or none at all: then the file has no column index for the chunk.
    func finish(
        rowCount: Int,
        encoding: Encoding,
        statistics: ChunkStatistics,
        pageBounds: [Bounds] = [],
        isNullable: Bool,
        isAscending: Bool
    ) -> EncodedChunk {
        var encodings: [Encoding] = dictionaryPageSize > 0 ? [.plain, encoding] : [encoding]
        if isNullable { encodings.append(.rle) }
        var index: ColumnIndex?
        if pages.count > 1, pageBounds.count == pages.count {
            index = ColumnIndex(
                nullPages: pageBounds.map { _ in false },
                minimums: pageBounds.map(\.minimum),
                maximums: pageBounds.map(\.maximum),
                boundaryOrder: isAscending ? .ascending : .unordered,
                nullCounts: pageBounds.map { _ in 0 }
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
}
