internal import CShims
internal import Glibc

/// A stretch of whole CSV lines, and where its cells end.
final class CSVBlock {
    /// Bytes of text a block holds. Small enough that several fit the cores' caches, large enough to make hand-over cheap.
    static let capacity = 1 << 20
    /// Readers load whole words before a cell's end and after its start.
    private static let padding = 64

    private let memory: UnsafeMutablePointer<UInt8>
    let text: UnsafeMutablePointer<UInt8>
    /// Bytes of text; all of them whole lines once the block has been indexed.
    var count = 0
    private(set) var rowCount = 0
    /// The number of the block's first row in the file, from 0.
    var firstRow = 0
    /// Whether the file ends with this block.
    var isLast = false
    /// The rows before which a row group ends, ascending; the last may be `rowCount`.
    var rowGroupEnds: [Int] = []
    /// Whether all rows are ASCII, and so need no check that they are UTF-8.
    private(set) var isASCII = true

    private var delimiterMemory: UnsafeMutablePointer<UInt32>
    private var delimiterCapacity: Int
    private var stride = 1

    init() {
        memory = .allocate(capacity: Self.capacity + 2 * Self.padding)
        memset(memory, 0, Self.padding)
        text = memory + Self.padding
        delimiterCapacity = 1 << 17
        delimiterMemory = .allocate(capacity: delimiterCapacity + 65)
    }

    deinit {
        memory.deallocate()
        delimiterMemory.deallocate()
    }

    /// The end of cell `column` in row 0; that of row r is `stride * r` further on. The entry before it is the end of the cell
    /// to its left, or of the line above.
    @inline(__always)
    func delimiters(column: Int) -> UnsafePointer<UInt32> { UnsafePointer(delimiterMemory + 1 + column) }

    /// Where row `row` begins.
    func start(ofRow row: Int) -> Int { Int(delimiterMemory[row * stride] &+ 1) }

    func reset() {
        count = 0
        rowCount = 0
        isLast = false
        rowGroupEnds = []
        isASCII = true
    }

    /// A row that does not have as many cells as the header.
    struct UnevenRow: Error {
        let row: Int
        let cells: Int
    }

    /// Finds all cell ends from `start` on, where `columns` cells make a row, and checks that they do.
    func index(from start: Int, columns: Int) throws(UnevenRow) {
        var high: Int32 = 0
        stride = columns
        // The entry before the first cell: its start less one, also for 0.
        delimiterMemory[0] = UInt32(truncatingIfNeeded: start) &- 1
        var found = 1
        var expected = columns
        var position = start
        memset(text + count, 0, Self.padding)
        while position < count {
            if found + 64 > delimiterCapacity { growDelimiters(found) }
            var mask = tick_mask64(text + position, UInt8(ascii: ","), UInt8(ascii: "\n"))
            var lines = tick_mask64(text + position, UInt8(ascii: "\n"), UInt8(ascii: "\n"))
            // What follows the text in the last step is zero.
            high |= tick_has_high64(text + position)
            if count - position < 64 {
                let valid: UInt64 = (1 &<< UInt64(count - position)) &- 1
                mask &= valid
                lines &= valid
            }
            while lines != 0 {
                let lowest = lines & (0 &- lines)
                let ordinal = found &- 1 &+ (mask & (lowest | (lowest &- 1))).nonzeroBitCount
                if ordinal != expected {
                    throw UnevenRow(row: expected / columns - 1, cells: ordinal - (expected - columns))
                }
                expected &+= columns
                lines &= lines &- 1
            }
            let out = delimiterMemory
            let base = UInt32(truncatingIfNeeded: position)
            let n = mask.nonzeroBitCount
            // Eight at a time without looking: cells are short, and what is written too much is overwritten.
            var written = 0
            while written < n {
                for k in 0..<8 {
                    out[found &+ written &+ k] = base &+ UInt32(truncatingIfNeeded: mask.trailingZeroBitCount)
                    mask &= mask &- 1
                }
                written &+= 8
            }
            found &+= n
            position &+= 64
        }
        rowCount = (found - 1) / columns
        isASCII = high == 0
    }

    private func growDelimiters(_ used: Int) {
        delimiterCapacity *= 2
        let bigger = UnsafeMutablePointer<UInt32>.allocate(capacity: delimiterCapacity + 65)
        bigger.update(from: delimiterMemory, count: used)
        delimiterMemory.deallocate()
        delimiterMemory = bigger
    }

    /// Bytes of the cells of some columns.
    func bytes(ofColumns columns: [Int], rows: Range<Int>) -> Int {
        var bytes = 0
        for column in columns {
            let ends = delimiters(column: column)
            for row in rows {
                let entry = ends + row &* stride
                bytes &+= Int(entry[0] &- entry[-1] &- 1)
            }
        }
        return bytes
    }

    /// The bytes of a cell, without the CR of a CRLF line end.
    func cell(row: Int, column: Int) -> UnsafeBufferPointer<UInt8> {
        let end = delimiters(column: column) + row * stride
        let start = Int(end[-1] &+ 1)
        var length = Int(end[0]) - start
        if column == stride - 1, length > 0, text[start + length - 1] == UInt8(ascii: "\r") { length -= 1 }
        return UnsafeBufferPointer(start: text + start, count: length)
    }

    /// The bytes of a line that starts at `position`.
    func line(at position: Int) -> UnsafeBufferPointer<UInt8> {
        var end = position
        while end < count, text[end] != UInt8(ascii: "\n") { end += 1 }
        return UnsafeBufferPointer(start: text + position, count: end - position)
    }

    /// The end of the last whole line, 0 when there is none.
    var endOfLastLine: Int {
        var end = count
        while end > 0, text[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        return end
    }
}
