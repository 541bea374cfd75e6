internal import Parquet

/// Reads one column's events, block after block, into its builder. One thread at a time.
final class ColumnReader {
    let name: String
    let position: Int
    private let isRequired: Bool
    private let target: Target

    private enum Target {
        /// Times of a standard lead: a word a row.
        case time(TimeColumnBuilder)
        /// Integers: other times.
        case integer(NumberColumnBuilder)
        case number(NumberColumnBuilder)
        case text(TextColumnBuilder)
        case boolean(BooleanColumnBuilder)
    }

    /// A cell that is not of its column's kind.
    struct BadCell: Error {
        let row: Int
        let reason: String
    }

    init(name: String, kind: ColumnKind, position: Int, isStandardLead: Bool = false, options: WriterOptions) {
        self.name = name
        self.position = position
        isRequired = TickType.requiredColumns.contains(name)
        let nullable = !isRequired
        target =
            switch kind {
            case .timestamp where isStandardLead:
                .time(TimeColumnBuilder(Field(name, .int64, .timestampMicrosUTC, isNullable: false), options: options))
            case .timestamp:
                .integer(
                    NumberColumnBuilder(
                        Field(name, .int64, .timestampMicrosUTC, isNullable: nullable),
                        options: options
                    )
                )
            case .number: .number(NumberColumnBuilder(Field(name, .double, isNullable: nullable), options: options))
            case .text:
                .text(TextColumnBuilder(Field(name, .byteArray, .string, isNullable: nullable), options: options))
            case .boolean: .boolean(BooleanColumnBuilder(Field(name, .boolean, isNullable: nullable), options: options))
            }
    }

    var builder: any ColumnBuilder {
        switch target {
        case .time(let builder): builder
        case .integer(let builder), .number(let builder): builder
        case .text(let builder): builder
        case .boolean(let builder): builder
        }
    }

    /// About how much work a cell is, for sharing columns out among the cores.
    var weight: Int {
        switch target {
        case .time: 4
        case .integer: 2
        case .number: 5
        case .text: name == "id" ? 8 : 2
        case .boolean: 1
        }
    }

    /// Reads a segment of a block.
    func read(_ block: CSVBlock, _ segment: CSVBlock.Segment, _ scratch: CellScratch) throws {
        let events = block.events(column: position, segment)
        switch target {
        case .time(let builder): try readTimes(block, events, builder)
        case .integer(let builder): try readNumbers(block, events, builder, scratch, .integers)
        case .number(let builder): try readNumbers(block, events, builder, scratch, .doubles)
        case .text(let builder): try readTexts(block, events, builder, scratch)
        case .boolean(let builder): try readBooleans(events, builder)
        }
    }

    // MARK: Numbers

    /// What the numbers of a column are.
    private struct Numbers: Sendable {
        let value: @Sendable (UInt64) -> UInt64?
        let slowValue: @Sendable (UnsafeBufferPointer<UInt8>) -> UInt64?
        let key: @Sendable (UInt64) -> UInt64?
        let decode: @Sendable (UnsafePointer<UInt64>, UnsafeMutablePointer<UInt64>, Int) -> Int
        let complaint: String

        static let doubles = Numbers(
            value: DecimalKey.double,
            slowValue: { DecimalParser.slow($0)?.bitPattern },
            key: DecimalKey.key(ofDouble:),
            decode: { keys, values, count in
                for i in 0..<count {
                    guard let value = DecimalKey.double(keys[i]) else { return i }
                    values[i] = value
                }
                return count
            },
            complaint: "is not a number"
        )
        static let integers = Numbers(
            value: DecimalKey.integer,
            slowValue: { DecimalParser.slowInteger($0).map(UInt64.init(bitPattern:)) },
            key: { _ in nil },
            decode: { keys, values, count in
                for i in 0..<count {
                    guard let value = DecimalKey.integer(keys[i]) else { return i }
                    values[i] = value
                }
                return count
            },
            complaint: "is not a time in whole microseconds (a 64-bit integer)"
        )
    }

    private func readNumbers(
        _ block: CSVBlock,
        _ events: CSVBlock.ColumnEvents,
        _ builder: NumberColumnBuilder,
        _ scratch: CellScratch,
        _ numbers: Numbers
    ) throws(BadCell) {
        let rowBase = builder.rowCount
        let found = block.keys(events, rowBase: rowBase, scratch)
        let keys = scratch.keys.base
        if found.hasNulls, isRequired, let i = (0..<events.count).first(where: { keys[$0] == DecimalKey.null }) {
            throw BadCell(row: events[i].row, reason: Self.missing)
        }
        let areKeys = found.hasSlow ? try replaceSlow(events, keys, builder, numbers) : true
        try builder.append(
            NumberColumnBuilder.Changes(
                keys: keys,
                rows: scratch.rows.base,
                count: events.count,
                nullKey: areKeys ? DecimalKey.null : nullWord(keys, events),
                hasNulls: found.hasNulls
            ),
            upTo: rowBase + events.rows.count
        ) { (wanted, values, count) throws(BadCell) in
            guard areKeys else { return values.update(from: wanted, count: count) }
            let done = numbers.decode(wanted, values, count)
            guard done == count else {
                let bad = (0..<events.count).first { keys[$0] == wanted[done] } ?? 0
                throw BadCell(row: events[bad].row, reason: numbers.complaint)
            }
        }
    }

    private static let missing = "is empty, but every row must have one"

    /// Gives the slow cells keys. When there is none for one of them the builder gets words instead, in this segment: false then.
    private func replaceSlow(
        _ events: CSVBlock.ColumnEvents,
        _ keys: UnsafeMutablePointer<UInt64>,
        _ builder: NumberColumnBuilder,
        _ numbers: Numbers
    ) throws(BadCell) -> Bool {
        var words: [Int: UInt64] = [:]
        var haveKeys = true
        for i in 0..<events.count where keys[i] == DecimalKey.slow {
            guard let value = numbers.slowValue(events.bytes(i)) else {
                throw BadCell(row: events[i].row, reason: numbers.complaint)
            }
            words[i] = value
            if let key = numbers.key(value) { keys[i] = key } else { haveKeys = false }
        }
        guard !haveKeys else { return true }
        builder.leaveDictionary()
        for i in 0..<events.count {
            if events[i].length == 0 { continue }
            guard let word = words[i] ?? numbers.value(keys[i]) else {
                throw BadCell(row: events[i].row, reason: numbers.complaint)
            }
            keys[i] = word
        }
        return false
    }

    /// A word that no cell has, given to the empty ones.
    private func nullWord(_ words: UnsafeMutablePointer<UInt64>, _ events: CSVBlock.ColumnEvents) -> UInt64 {
        let present = Set((0..<events.count).filter { events[$0].length > 0 }.map { words[$0] })
        var free = DecimalKey.null
        while present.contains(free) { free &+= 1 }
        for i in 0..<events.count where events[i].length == 0 { words[i] = free }
        return free
    }

    // MARK: Times, texts, booleans

    private func readTimes(
        _ block: CSVBlock,
        _ events: CSVBlock.ColumnEvents,
        _ builder: TimeColumnBuilder
    ) throws(BadCell) {
        let times = block.times(column: position)
        for i in 0..<events.count {
            let cell = events.bytes(i)
            guard let value = DecimalParser.slowInteger(cell) else {
                let reason = cell.isEmpty ? Self.missing : Numbers.integers.complaint
                throw BadCell(row: events[i].row, reason: reason)
            }
            times[events[i].row] = value
        }
        builder.append(times + events.rows.lowerBound, count: events.rows.count)
    }

    private func readTexts(
        _ block: CSVBlock,
        _ events: CSVBlock.ColumnEvents,
        _ builder: TextColumnBuilder,
        _ scratch: CellScratch
    ) throws {
        scratch.reserve(events.count)
        let (rows, starts, ends) = (scratch.rows.base, scratch.starts.base, scratch.ends.base)
        let rowBase = builder.rowCount - events.rows.lowerBound
        for i in 0..<events.count {
            let event = events[i]
            rows[i] = UInt32(truncatingIfNeeded: rowBase &+ event.row)
            ends[i] = UInt32(truncatingIfNeeded: event.end)
            starts[i] = UInt32(truncatingIfNeeded: event.end &- event.length)
            if isRequired, event.length == 0 { throw BadCell(row: event.row, reason: Self.missing) }
        }
        // Text columns are UTF-8 to every reader: one other byte and most refuse the whole file.
        if !block.isASCII {
            for i in 0..<events.count {
                if let bad = UTF8Check.firstBad(events.bytes(i)) {
                    throw BadCell(row: events[i].row, reason: UTF8Check.complaint(events.bytes(i), at: bad))
                }
            }
        }
        try builder.append(
            TextColumnBuilder.Changes(base: events.text, starts: starts, ends: ends, rows: rows, count: events.count),
            upTo: builder.rowCount + events.rows.count
        )
    }

    private func readBooleans(_ events: CSVBlock.ColumnEvents, _ builder: BooleanColumnBuilder) throws(BadCell) {
        let rowBase = builder.rowCount - events.rows.lowerBound
        for i in 0..<events.count {
            let cell = events.bytes(i)
            let value: Bool?
            if cell.isEmpty {
                value = nil
            } else if cell.elementsEqual("true".utf8) {
                value = true
            } else if cell.elementsEqual("false".utf8) {
                value = false
            } else {
                throw BadCell(row: events[i].row, reason: "is neither true nor false")
            }
            builder.change(at: UInt32(truncatingIfNeeded: rowBase + events[i].row), to: value)
        }
        builder.extend(to: builder.rowCount + events.rows.count)
    }
}

/// Arrays that a thread lends to the column readers.
final class CellScratch {
    let keys = GrowingMemory<UInt64>()
    let rows = GrowingMemory<UInt32>()
    let starts = GrowingMemory<UInt32>()
    let ends = GrowingMemory<UInt32>()

    func reserve(_ count: Int) {
        keys.reserve(count)
        rows.reserve(count)
        starts.reserve(count)
        ends.reserve(count)
    }
}
