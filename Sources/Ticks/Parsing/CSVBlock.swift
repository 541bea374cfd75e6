internal import CTicks
internal import Glibc

/// A stretch of whole lines, and which of their cells differ from the cell above. Its first line is not a row of it but the line
/// above the first: the last row of the block before, or the header.
final class CSVBlock {
    /// Text that is decoded into a block: small enough to stay in a core's own cache, large enough to make hand-over cheap.
    static let target = 512 << 10
    /// Bytes of a line, its end included, at most.
    static let longestLine = 1 << 20
    /// Room for the line above, the beginning of a line that was decoded with the block before, and new text. An event has 22 bits
    /// for an offset.
    static let capacity = 2 * longestLine + target

    private let memory: UnsafeMutablePointer<UInt8>
    let text: UnsafeMutablePointer<UInt8>
    /// Bytes of text; all of them whole lines once the block has been indexed.
    var count = 0
    private(set) var rowCount = 0
    /// The number of the block's first row in the file, from 0.
    var firstRow = 0
    /// Whether the file ends with this block.
    var isLast = false
    /// Whether all lines are ASCII, and so need no check that they are UTF-8.
    private(set) var isASCII = true
    /// The block's rows, as they fall into row groups.
    private(set) var segments: [Segment] = []
    /// The first row that does not have as many cells as the header.
    private(set) var unevenRow: Int?

    private let delimiters: UnsafeMutablePointer<UInt64>
    private let lineEnds: UnsafeMutablePointer<UInt32>
    private let events = GrowingMemory<UInt64>()
    private let times = (GrowingMemory<Int64>(), GrowingMemory<Int64>())
    private let kernels: UnsafePointer<tick_kernels>
    private var columns = 1
    private var hasStandardLead = false

    /// The best that this processor has.
    static var bestKernels: UnsafePointer<tick_kernels>? { tick_kernels_best() }

    /// Rows of one row group.
    struct Segment: Equatable {
        var rows: Range<Int>
        /// Whether the first is the first of its row group.
        var isFirst: Bool
        /// Whether the last is the last of its row group.
        var isLast: Bool
        /// For each column, how many events there are up to the segment's end, and up to its beginning.
        var eventEnds: [Int] = []
        var eventStarts: [Int] = []
    }

    init(kernels: UnsafePointer<tick_kernels>? = bestKernels) {
        guard let kernels else { preconditionFailure("there are kernels in plain C") }
        self.kernels = kernels
        let padding = Int(TICK_PADDING)
        memory = .allocate(capacity: Self.capacity + 2 * padding)
        memset(memory, 0, padding)
        text = memory + padding
        delimiters = .allocate(capacity: Self.capacity / 64 + 3)
        // A line has one byte at least.
        lineEnds = .allocate(capacity: Self.capacity + 64)
    }

    deinit {
        memory.deallocate()
        delimiters.deallocate()
        lineEnds.deallocate()
    }

    func reset() {
        count = 0
        rowCount = 0
        isLast = false
        isASCII = true
        segments = []
        unevenRow = nil
    }

    // MARK: Lines

    /// Finds the ends of all lines and cells.
    func index() {
        var ascii: Int32 = 1
        rowCount = max(0, kernels.pointee.index(text, count, delimiters, lineEnds, &ascii) - 1)
        isASCII = ascii != 0
    }

    /// The line above the first row, without its end.
    var lineAbove: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text, count: count == 0 ? 0 : Int(lineEnds[0]))
    }

    /// Where row `row` begins; for `rowCount` it is where the text ends.
    func start(ofRow row: Int) -> Int { Int(lineEnds[row]) + 1 }

    /// The bytes of a row, without its end.
    func line(ofRow row: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + start(ofRow: row), count: start(ofRow: row + 1) - start(ofRow: row) - 1)
    }

    /// Where the last line of the block begins: the line above the rows of the next one.
    var startOfLastLine: Int { rowCount == 0 ? 0 : start(ofRow: rowCount - 1) }

    /// The end of the last whole line from `position` on, 0 when there is none.
    func endOfLastLine(from position: Int) -> Int {
        var end = count
        while end > position, text[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        return end > position ? end : 0
    }

    /// The bytes of a row's cell, without the CR of a CRLF line end.
    func cell(row: Int, column: Int) -> UnsafeBufferPointer<UInt8> {
        var start = start(ofRow: row)
        for _ in 0..<column { start = tick_next_delimiter(delimiters, start) + 1 }
        var end = tick_next_delimiter(delimiters, start)
        if text[end] == UInt8(ascii: "\n"), end > start, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return UnsafeBufferPointer(start: text + start, count: end - start)
    }

    func cellCount(ofRow row: Int) -> Int { 1 + line(ofRow: row).count { $0 == UInt8(ascii: ",") } }

    /// Bytes of the cells of some columns, in ascending order. Rows may be uneven.
    func bytes(ofColumns columns: [Int], rows: Range<Int>) -> Int {
        var bytes = 0
        for row in rows {
            let lineEnd = start(ofRow: row + 1) - 1
            var start = start(ofRow: row)
            var column = 0
            for wanted in columns {
                while column < wanted, start <= lineEnd {
                    start = tick_next_delimiter(delimiters, start) + 1
                    column += 1
                }
                guard start <= lineEnd else { break }
                bytes += tick_next_delimiter(delimiters, start) - start
            }
        }
        return bytes
    }

    // MARK: Events

    /// Finds out which cells differ from the cell above, in the segments' rows of `columns` cells.
    func compare(columns: Int, hasStandardLead: Bool) {
        self.columns = columns
        self.hasStandardLead = hasStandardLead
        // A row has a byte for each column at least. Where there are not as many, memory for all events would have no bound.
        guard rowCount == 0 || columns * rowCount <= count - start(ofRow: 0) else {
            unevenRow = (0..<rowCount).first { cellCount(ofRow: $0) != columns }
            return
        }
        events.reserve(columns * eventStride + 1)
        if hasStandardLead {
            times.0.reserve(rowCount)
            times.1.reserve(rowCount)
        }
        var text = tick_text(
            bytes: self.text,
            delimiters: delimiters,
            line_ends: lineEnds,
            columns: columns,
            has_standard_lead: hasStandardLead ? 1 : 0
        )
        let times: [UnsafeMutablePointer<Int64>?] = [self.times.0.base, self.times.1.base]
        // Behind those of the last column: for what counts for nothing.
        var out: [UnsafeMutablePointer<UInt64>?] = (0...columns).map { events.base + $0 * eventStride }
        for number in segments.indices {
            let rows = segments[number].rows
            segments[number].eventStarts =
                number == 0 ? Array(repeating: 0, count: columns) : segments[number - 1].eventEnds
            let done = kernels.pointee.compare(
                &text,
                rows.lowerBound,
                rows.upperBound,
                segments[number].isFirst ? 1 : 0,
                &out,
                times
            )
            guard done == rows.upperBound else {
                unevenRow = done
                return
            }
            segments[number].eventEnds = (0..<columns).map { column in
                out[column].map { $0 - (events.base + column * eventStride) } ?? 0
            }
        }
        dropCarriageReturns()
    }

    private var eventStride: Int { rowCount + 1 }

    /// The CR of CRLF line ends is none of the last cell's.
    private func dropCarriageReturns() {
        let last = events.base + (columns - 1) * eventStride
        for i in 0..<(segments.last?.eventEnds[columns - 1] ?? 0) {
            let event = Event(bits: last[i])
            if event.length > 0, text[event.end - 1] == UInt8(ascii: "\r") {
                last[i] = Event(row: event.row, length: event.length - 1, end: event.end - 1).bits
            }
        }
    }

    /// "From this row on the column's cell is these bytes."
    struct Event: Equatable {
        let bits: UInt64

        init(bits: UInt64) { self.bits = bits }
        init(row: Int, length: Int, end: Int) {
            bits =
                UInt64(row) << UInt64(TICK_EVENT_ROW_SHIFT) | UInt64(length) << UInt64(TICK_EVENT_LENGTH_SHIFT)
                | UInt64(end)
        }

        @inline(__always)
        var row: Int { Int(truncatingIfNeeded: bits &>> UInt64(TICK_EVENT_ROW_SHIFT)) }
        @inline(__always)
        var length: Int {
            Int(truncatingIfNeeded: bits &>> UInt64(TICK_EVENT_LENGTH_SHIFT)) & Int(TICK_EVENT_MASK_LENGTH)
        }
        @inline(__always)
        var end: Int { Int(truncatingIfNeeded: bits) & Int(TICK_EVENT_MASK_END) }
    }

    /// The events of one column in one segment.
    struct ColumnEvents {
        let text: UnsafePointer<UInt8>
        let base: UnsafePointer<UInt64>
        let count: Int
        let rows: Range<Int>

        @inline(__always)
        subscript(i: Int) -> Event { Event(bits: base[i]) }

        @inline(__always)
        func bytes(_ i: Int) -> UnsafeBufferPointer<UInt8> {
            let event = self[i]
            return UnsafeBufferPointer(start: text + event.end - event.length, count: event.length)
        }
    }

    func events(column: Int, _ segment: Segment) -> ColumnEvents {
        let start = segment.eventStarts[column]
        return ColumnEvents(
            text: text,
            base: events.base + column * eventStride + start,
            count: segment.eventEnds[column] - start,
            rows: segment.rows
        )
    }

    /// The times of column 2 or 3 of a standard lead, by row; those of rows with an event are -1.
    func times(column: Int) -> UnsafeMutablePointer<Int64> { column == 2 ? times.0.base : times.1.base }

    /// Writes the keys and rows of events; returns what `tick_kernels.keys` does.
    func keys(_ events: ColumnEvents, rowBase: Int, _ scratch: CellScratch) -> (hasNulls: Bool, hasSlow: Bool) {
        scratch.reserve(events.count)
        let found = kernels.pointee.keys(
            text,
            events.base,
            events.count,
            UInt32(truncatingIfNeeded: rowBase - events.rows.lowerBound),
            scratch.keys.base,
            scratch.rows.base
        )
        return (found & 1 != 0, found & 2 != 0)
    }

    /// How many events each segment has; complete once the block has been compared without an uneven row.
    var changes: [Int] { segments.map { zip($0.eventEnds, $0.eventStarts).reduce(0) { $0 + $1.0 - $1.1 } } }

    // MARK: Row groups

    /// Cuts the rows into segments: row groups end before the rows `ends`, ascending, the last of which may be `rowCount`; `isFirst`: one
    /// begins with the block.
    func cut(at ends: [Int], isFirst: Bool) {
        segments = []
        var start = 0
        for end in ends {
            segments.append(Segment(rows: start..<end, isFirst: start > 0 || isFirst, isLast: true))
            start = end
        }
        if start < rowCount {
            segments.append(Segment(rows: start..<rowCount, isFirst: start > 0 || isFirst, isLast: false))
        }
    }
}

/// Scratch memory of one owner. Growing it drops what was there; pages that were never written take no memory.
final class GrowingMemory<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private var capacity = 0

    init() { base = .allocate(capacity: 1) }

    deinit { base.deallocate() }

    /// Room for `count` elements; what was there is void.
    func reserve(_ count: Int) {
        guard count > capacity else { return }
        base.deallocate()
        capacity = max(count, capacity * 2)
        base = .allocate(capacity: capacity)
    }
}
