/// Collects a column of booleans: PLAIN, one bit a value.
public final class BooleanColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    private var presence = PresenceRecorder()
    private let values = GrowingArray<UInt8>(capacity: 4096)
    private var pages: [Page] = []

    private struct Page {
        var firstValue: Int
        var trueCount = 0
        var nullCount = 0
    }

    /// An empty column.
    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
    }

    /// Rows collected since the last chunk.
    public var rowCount: Int { presence.rowCount }

    /// Adds a block: one byte per row, 0 false, 1 true, anything else missing.
    public func append(_ cells: UnsafePointer<UInt8>, count: Int) {
        values.reserve(count)
        for i in 0..<count {
            if rowCount % options.pageRows == 0 { pages.append(Page(firstValue: values.count)) }
            if cells[i] > 1 {
                presence.addNull()
                pages[pages.count - 1].nullCount += 1
                continue
            }
            values.base[values.count] = cells[i]
            values.count += 1
            pages[pages.count - 1].trueCount += Int(cells[i])
            presence.addPresent(1)
        }
    }

    /// Encodes what was collected, and starts an empty chunk.
    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        var chunk = ChunkAssembler(scratch: scratch, options: options)
        try chunk.dataPages(
            starts: pages.enumerated().map { PageStart(row: $0 * options.pageRows, value: $1.firstValue) },
            valueCount: values.count,
            rowCount: rowCount,
            presence: presence.presence(isNullable: field.isNullable),
            encoding: .plain
        ) { range, out in
            let start = values.base + range.lowerBound
            out.appendPacked(range.count, width: 1) { UInt64(start[$0]) }
        }
        let bounds = pages.enumerated().map { number, page in
            let end = number + 1 < pages.count ? pages[number + 1].firstValue : values.count
            let count = end - page.firstValue
            return PageBounds(
                minimum: count == 0 ? nil : [page.trueCount == count ? 1 : 0],
                maximum: count == 0 ? nil : [page.trueCount > 0 ? 1 : 0],
                nullCount: page.nullCount
            )
        }
        let encoded = chunk.finish(
            rowCount: rowCount,
            encoding: .plain,
            bounds: bounds,
            statistics: ChunkStatistics(
                minimum: bounds.compactMap { $0.minimum?.first }.min().map { [$0] },
                maximum: bounds.compactMap { $0.maximum?.first }.max().map { [$0] },
                nullCount: Int64(presence.nullCount)
            ),
            boundaryOrder: .unordered,
            isNullable: field.isNullable,
            isAscending: false
        )
        presence.removeAll()
        values.count = 0
        pages.removeAll(keepingCapacity: true)
        return encoded
    }
}
