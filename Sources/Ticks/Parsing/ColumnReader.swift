internal import CShims
internal import Glibc
internal import Parquet

/// Reads one column's cells, block after block, into its builder. One thread at a time.
final class ColumnReader {
    let name: String
    let position: Int
    private let columns: Int
    private let isRequired: Bool
    private let target: Target
    private var lastWords = DecimalParser.Words.none
    private var lastLength = 0
    private var lastBits: UInt64 = 0

    private enum Target {
        case timestamp(Int64ColumnBuilder)
        case number(DoubleColumnBuilder)
        case text(TextColumnBuilder)
        case boolean(BooleanColumnBuilder)
    }

    /// A cell that is not of its column's kind.
    struct BadCell: Error {
        let row: Int
        let reason: String
    }

    init(name: String, kind: ColumnKind, position: Int, columns: Int, options: WriterOptions) {
        self.name = name
        self.position = position
        self.columns = columns
        isRequired = TickType.requiredColumns.contains(name)
        let nullable = !isRequired
        target =
            switch kind {
            case .timestamp:
                .timestamp(
                    Int64ColumnBuilder(Field(name, .int64, .timestampMicrosUTC, isNullable: nullable), options: options)
                )
            case .number: .number(DoubleColumnBuilder(Field(name, .double, isNullable: nullable), options: options))
            case .text:
                .text(TextColumnBuilder(Field(name, .byteArray, .string, isNullable: nullable), options: options))
            case .boolean: .boolean(BooleanColumnBuilder(Field(name, .boolean, isNullable: nullable), options: options))
            }
    }

    var builder: any ColumnBuilder {
        switch target {
        case .timestamp(let builder): builder
        case .number(let builder): builder
        case .text(let builder): builder
        case .boolean(let builder): builder
        }
    }

    /// About how much work a cell is, for sharing columns out among the cores.
    var weight: Int {
        switch target {
        case .timestamp: 3
        case .number: 5
        case .text: 4
        case .boolean: 2
        }
    }

    /// Reads the rows `rows` of a block; at most `CellScratch.rows` of them.
    func read(_ block: CSVBlock, rows: Range<Int>, _ scratch: CellScratch) throws {
        let ends = block.delimiters(column: position) + rows.lowerBound * columns
        let cells = Cells(
            text: UnsafePointer(block.text),
            ends: ends,
            stride: columns,
            count: rows.count,
            mayEndInCR: position == columns - 1,
            isASCII: block.isASCII
        )
        do {
            switch target {
            case .timestamp(let builder): try readTimestamps(cells, builder, scratch)
            case .number(let builder): try readNumbers(cells, builder, scratch)
            case .text(let builder): try readTexts(cells, builder, scratch)
            case .boolean(let builder): try readBooleans(cells, builder, scratch)
            }
        } catch let cell as BadCell {
            throw BadCell(row: rows.lowerBound + cell.row, reason: cell.reason)
        }
    }

    /// The cells of one column of a block.
    private struct Cells {
        let text: UnsafePointer<UInt8>
        let ends: UnsafePointer<UInt32>
        let stride: Int
        let count: Int
        let mayEndInCR: Bool
        let isASCII: Bool

        @inline(__always)
        func bounds(_ row: Int) -> (start: Int, end: Int) {
            let entry = ends + row &* stride
            let start = Int(entry[-1] &+ 1)
            var end = Int(entry[0])
            if mayEndInCR, end > start, text[end &- 1] == 0x0D { end &-= 1 }
            return (start, end)
        }

        func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
            let (start, end) = bounds(row)
            return UnsafeBufferPointer(start: text + start, count: end - start)
        }
    }

    private func readNumbers(_ cells: Cells, _ builder: DoubleColumnBuilder, _ scratch: CellScratch) throws(BadCell) {
        let values = scratch.values
        var words = lastWords
        var bits = lastBits
        var wordsLength = lastLength
        var nulls = 0
        for row in 0..<cells.count {
            let (start, end) = cells.bounds(row)
            let length = end &- start
            if length &- 1 < 16, length > 0 {
                let these = DecimalParser.words(cells.text + end, length)
                // Neighbouring rows of a book repeat most of their cells.
                if these != words || length != wordsLength {
                    let end = cells.text + end
                    if let value = DecimalParser.fastSigned(end, these, length) ?? DecimalParser.slow(cells.bytes(row))
                    {
                        bits = value.bitPattern
                        words = these
                        wordsLength = length
                    } else {
                        throw BadCell(row: row, reason: "is not a number")
                    }
                }
                values[row] = bits
            } else if length == 0 {
                if nulls == 0 { scratch.markAllPresent(cells.count) }
                nulls += 1
                scratch.present[row] = 0
                values[row] = 0
            } else if let value = DecimalParser.slow(cells.bytes(row)) {
                values[row] = value.bitPattern
            } else {
                throw BadCell(row: row, reason: "is not a number")
            }
        }
        lastWords = words
        lastLength = wordsLength
        lastBits = bits
        builder.append(values, present: nulls > 0 ? scratch.present : nil, count: cells.count)
    }

    private func readTimestamps(_ cells: Cells, _ builder: Int64ColumnBuilder, _ scratch: CellScratch) throws(BadCell) {
        let values = scratch.values
        var nulls = 0
        for row in 0..<cells.count {
            let (start, end) = cells.bounds(row)
            let length = end &- start
            if length > 0, length <= 16,
                let value = DecimalParser.fastInteger(DecimalParser.words(cells.text + end, length))
            {
                values[row] = value
            } else if length == 0 {
                if isRequired { throw BadCell(row: row, reason: "is empty, but every row must have one") }
                if nulls == 0 { scratch.markAllPresent(cells.count) }
                nulls += 1
                scratch.present[row] = 0
                values[row] = 0
            } else if let value = DecimalParser.slowInteger(cells.bytes(row)) {
                values[row] = UInt64(bitPattern: value)
            } else {
                throw BadCell(row: row, reason: "is not a time in whole microseconds (a 64-bit integer)")
            }
        }
        builder.append(values, present: nulls > 0 ? scratch.present : nil, count: cells.count)
    }

    private func readTexts(_ cells: Cells, _ builder: TextColumnBuilder, _ scratch: CellScratch) throws {
        for row in 0..<cells.count {
            let (start, end) = cells.bounds(row)
            if isRequired, start == end { throw BadCell(row: row, reason: "is empty, but every row must have one") }
            scratch.starts[row] = UInt32(truncatingIfNeeded: start)
            scratch.ends[row] = UInt32(truncatingIfNeeded: end)
        }
        if !cells.isASCII { try checkUTF8(cells, scratch) }
        try builder.append(base: cells.text, starts: scratch.starts, ends: scratch.ends, count: cells.count)
    }

    /// Text columns are UTF-8 to every reader: one other byte and most refuse the whole file.
    private func checkUTF8(_ cells: Cells, _ scratch: CellScratch) throws(BadCell) {
        var last = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        for row in 0..<cells.count {
            let cell = UnsafeBufferPointer(
                start: cells.text + Int(scratch.starts[row]),
                count: Int(scratch.ends[row] &- scratch.starts[row])
            )
            // Neighbours are often the same symbol.
            if cell.count == last.count, let a = cell.baseAddress, let b = last.baseAddress,
                memcmp(a, b, cell.count) == 0
            {
                continue
            }
            if let bad = UTF8Check.firstBad(cell) {
                throw BadCell(row: row, reason: UTF8Check.complaint(cell, at: bad))
            }
            last = cell
        }
    }

    private func readBooleans(_ cells: Cells, _ builder: BooleanColumnBuilder, _ scratch: CellScratch) throws(BadCell) {
        for row in 0..<cells.count {
            let cell = cells.bytes(row)
            if cell.isEmpty {
                scratch.present[row] = 2
            } else if cell.elementsEqual("true".utf8) {
                scratch.present[row] = 1
            } else if cell.elementsEqual("false".utf8) {
                scratch.present[row] = 0
            } else {
                throw BadCell(row: row, reason: "is neither true nor false")
            }
        }
        builder.append(scratch.present, count: cells.count)
    }
}

/// Arrays that a thread lends to the column readers.
final class CellScratch {
    /// Rows that are read at a time.
    static let rows = 4096
    // Buffers that all begin at the same offset of a page would share cache sets: each begins a few lines further on.
    let values: UnsafeMutablePointer<UInt64>
    let present: UnsafeMutablePointer<UInt8>
    let starts: UnsafeMutablePointer<UInt32>
    let ends: UnsafeMutablePointer<UInt32>

    init() {
        values = .allocate(capacity: Self.rows + 24)
        present = .allocate(capacity: Self.rows + 192)
        starts = .allocate(capacity: Self.rows + 80)
        ends = .allocate(capacity: Self.rows + 112)
    }

    deinit {
        values.deallocate()
        present.deallocate()
        starts.deallocate()
        ends.deallocate()
    }

    func markAllPresent(_ count: Int) {
        present.update(repeating: 1, count: count)
    }
}
