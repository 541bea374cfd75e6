/// Collects a column of booleans: PLAIN, one bit a value.
public final class BooleanColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    private let matching = MatchingChoice()
    public private(set) var rowCount = 0
    private var nulls = NullRuns()
    /// Numbers of values, nulls not counted, from which on they are the other: the first that is true is the first.
    private let turns = GrowingArray<UInt32>(capacity: 0)
    private var isTrue = false
    private var hasTrue = false
    private var hasFalse = false

    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
    }

    /// From `row` on the value is this; nil: there is none. Rows ascend.
    public func change(at row: UInt32, to value: Bool?) {
        nulls.turn(at: row, isNull: value == nil)
        guard let value else { return }
        if value { hasTrue = true } else { hasFalse = true }
        guard value != isTrue else { return }
        turns.reserve(1)
        turns.base[turns.count] = row &- nulls.lost
        turns.count += 1
        isTrue = value
    }

    /// The chunk has rows up to `rowCount`.
    public func extend(to rowCount: Int) { self.rowCount = rowCount }

    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let nullCount = nulls.nullCount(rowCount: rowCount)
        var chunk = ChunkAssembler(scratch: scratch, options: options, matching: matching)
        var turn = 0
        try chunk.dataPages(rowCount: rowCount, nulls: field.isNullable ? nulls : nil, encoding: .plain) {
            values,
            page in
            let start = page.count
            page.reserve((values.count + 7) / 8)
            (page.base + start).update(repeating: 0, count: (values.count + 7) / 8)
            page.count += (values.count + 7) / 8
            var value = values.lowerBound
            while value < values.upperBound {
                while turn < turns.count, Int(turns.base[turn]) <= value { turn += 1 }
                let end = turn < turns.count ? min(Int(turns.base[turn]), values.upperBound) : values.upperBound
                if turn % 2 == 1 {
                    for k in value..<end {
                        let bit = k - values.lowerBound
                        page.base[start + bit >> 3] |= 1 << UInt8(bit & 7)
                    }
                }
                value = end
            }
        }
        let bounds = hasTrue || hasFalse ? Bounds(minimum: [hasFalse ? 0 : 1], maximum: [hasTrue ? 1 : 0]) : nil
        defer { reset() }
        return chunk.finish(
            rowCount: rowCount,
            encoding: .plain,
            statistics: ChunkStatistics(bounds, nullCount: nullCount),
            isNullable: field.isNullable,
            isAscending: false
        )
    }

    private func reset() {
        rowCount = 0
        nulls.removeAll()
        turns.count = 0
        (isTrue, hasTrue, hasFalse) = (false, false, false)
    }
}
