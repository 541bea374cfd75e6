/// Which rows of a chunk have no value, as stretches.
struct NullRuns {
    /// Rows with which a stretch of nulls begins or ends, by turns; the first begins one.
    private let turns = GrowingArray<UInt32>(capacity: 0)
    private(set) var isNull = false
    /// Nulls before the last turn: what a row's number is more than its value's.
    private(set) var lost: UInt32 = 0

    /// From `row` on rows are null, or are not.
    mutating func turn(at row: UInt32, isNull: Bool) {
        guard isNull != self.isNull else { return }
        if !isNull { lost &+= row &- turns.base[turns.count - 1] }
        turns.reserve(1)
        turns.base[turns.count] = row
        turns.count += 1
        self.isNull = isNull
    }

    func nullCount(rowCount: Int) -> Int {
        Int(lost) + (isNull ? rowCount - Int(turns.base[turns.count - 1]) : 0)
    }

    mutating func removeAll() {
        turns.count = 0
        isNull = false
        lost = 0
    }

    /// The stretches of rows that have values, and the number of the first of these.
    func forEachStretch<Failure: Error>(
        upTo rowCount: Int,
        _ body: (_ rows: Range<Int>, _ firstValue: Int) throws(Failure) -> Void
    ) throws(Failure) {
        var row = 0
        var value = 0
        for turn in 0...turns.count {
            let end = turn < turns.count ? min(Int(turns.base[turn]), rowCount) : rowCount
            if turn % 2 == 0, end > row {
                try body(row..<end, value)
                value += end - row
            }
            row = end
        }
    }

    /// Appends the definition levels of `rows`, behind their length in four bytes, to a page; returns how many rows have a value.
    /// Pages are asked for in order: `cursor` begins with 0.
    func appendLevels(_ rows: Range<Int>, _ cursor: inout Int, to page: ByteBuffer) -> Int {
        while cursor < turns.count, Int(turns.base[cursor]) <= rows.lowerBound { cursor += 1 }
        let lengthAt = page.count
        for _ in 0..<4 { page.append(0) }
        var end = cursor
        while end < turns.count, Int(turns.base[end]) < rows.upperBound { end += 1 }
        // A run takes two bytes, eight rows take one.
        let present =
            (end - cursor) * 16 > rows.count
            ? appendPacked(rows, cursor..<end, to: page) : appendRuns(rows, cursor..<end, to: page)
        cursor = end
        page.store32(UInt32(page.count - lengthAt - 4), at: lengthAt)
        return present
    }

    private func stretches(_ rows: Range<Int>, _ inside: Range<Int>, _ body: (_ isPresent: Bool, Range<Int>) -> Void) {
        var row = rows.lowerBound
        for turn in inside.lowerBound...inside.upperBound {
            let end = turn < inside.upperBound ? Int(turns.base[turn]) : rows.upperBound
            if end > row { body(turn % 2 == 0, row..<end) }
            row = end
        }
    }

    private func appendRuns(_ rows: Range<Int>, _ inside: Range<Int>, to page: ByteBuffer) -> Int {
        var present = 0
        stretches(rows, inside) { isPresent, stretch in
            page.appendVarint(UInt64(stretch.count) << 1)
            page.append(isPresent ? 1 : 0)
            if isPresent { present += stretch.count }
        }
        return present
    }

    private func appendPacked(_ rows: Range<Int>, _ inside: Range<Int>, to page: ByteBuffer) -> Int {
        let groups = (rows.count + 7) / 8
        page.appendVarint(UInt64(groups) << 1 | 1)
        let start = page.count
        for _ in 0..<groups { page.append(0) }
        var present = 0
        stretches(rows, inside) { isPresent, stretch in
            guard isPresent else { return }
            present += stretch.count
            for row in stretch {
                let bit = row - rows.lowerBound
                page.base[start + bit >> 3] |= 1 << UInt8(bit & 7)
            }
        }
        return present
    }
}
