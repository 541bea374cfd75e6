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

    var stage: StageTimes.Stage {
        switch target {
        case .time, .integer: .times
        case .number: .numbers
        case .text: .texts
        case .boolean: .booleans
        }
    }

    /// Reads a segment of a block.
    func read(_ block: CSVBlock, _ segment: CSVBlock.Segment, _ scratch: CellScratch) throws {
        let events = block.events(column: position, segment)
        switch target {
        case .time(let builder): try readTimes(block, events, builder)
        case .integer(let builder): try readNumbers(block, events, builder, scratch, Integers.self)
        case .number(let builder): try readNumbers(block, events, builder, scratch, Doubles.self)
        case .text(let builder): try readTexts(block, events, builder, scratch)
        case .boolean(let builder): try readBooleans(events, builder)
        }
    }

    // MARK: Numbers

    private func readNumbers(
        _ block: CSVBlock,
        _ events: CSVBlock.ColumnEvents,
        _ builder: NumberColumnBuilder,
        _ scratch: CellScratch,
        _ kind: (some NumberKind).Type
    ) throws(BadCell) {
        let rowBase = builder.rowCount
        let found = block.keys(events, rowBase: rowBase, scratch)
        let keys = scratch.keys.base
        if found.hasNulls, isRequired, let i = (0..<events.count).first(where: { keys[$0] == DecimalKey.null }) {
            throw BadCell(row: events[i].row, reason: Self.missing)
        }
        let areKeys = found.hasSlow ? try replaceSlow(events, keys, builder, kind) : true
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
            for i in 0..<count {
                guard let value = kind.value(wanted[i]) else {
                    throw BadCell(row: row(of: wanted[i], block, events, scratch), reason: kind.complaint)
                }
                values[i] = value
            }
        }
    }

    /// The row of the first cell with a key. The builder may have moved the keys: they are made again.
    private func row(of key: UInt64, _ block: CSVBlock, _ events: CSVBlock.ColumnEvents, _ scratch: CellScratch) -> Int
    {
        _ = block.keys(events, rowBase: 0, scratch)
        return events[(0..<events.count).first { scratch.keys.base[$0] == key } ?? 0].row
    }

    private static let missing = "is empty, but every row must have one"

    /// Gives the slow cells keys. When there is none for one of them the builder gets words instead, in this segment: false then.
    private func replaceSlow(
        _ events: CSVBlock.ColumnEvents,
        _ keys: UnsafeMutablePointer<UInt64>,
        _ builder: NumberColumnBuilder,
        _ kind: (some NumberKind).Type
    ) throws(BadCell) -> Bool {
        var words: [Int: UInt64] = [:]
        var haveKeys = true
        for i in 0..<events.count where keys[i] == DecimalKey.slow {
            guard let value = kind.slowValue(events.bytes(i)) else {
                throw BadCell(row: events[i].row, reason: kind.complaint)
            }
            words[i] = value
            if let key = kind.key(value) { keys[i] = key } else { haveKeys = false }
        }
        guard !haveKeys else { return true }
        builder.leaveDictionary()
        for i in 0..<events.count {
            if events[i].length == 0 { continue }
            guard let word = words[i] ?? kind.value(keys[i]) else {
                throw BadCell(row: events[i].row, reason: kind.complaint)
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
                let reason = cell.isEmpty ? Self.missing : Integers.complaint
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

/// What the numbers of a column are: 64 bits each.
private protocol NumberKind {
    /// The bits that a key means; nil when its cell is no such number.
    static func value(_ key: UInt64) -> UInt64?
    /// The same of a cell that has no key.
    static func slowValue(_ text: UnsafeBufferPointer<UInt8>) -> UInt64?
    /// A key for what such a cell is, if there is one.
    static func key(_ bits: UInt64) -> UInt64?
    static var complaint: String { get }
}

private enum Doubles: NumberKind {
    @inline(__always)
    static func value(_ key: UInt64) -> UInt64? { DecimalKey.double(key) }
    static func slowValue(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? { DecimalParser.slow(text)?.bitPattern }
    static func key(_ bits: UInt64) -> UInt64? { DecimalKey.key(ofDouble: bits) }
    static var complaint: String { "is not a number" }
}

private enum Integers: NumberKind {
    @inline(__always)
    static func value(_ key: UInt64) -> UInt64? { DecimalKey.integer(key) }
    static func slowValue(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        DecimalParser.slowInteger(text).map(UInt64.init(bitPattern:))
    }
    static func key(_ bits: UInt64) -> UInt64? { nil }
    static var complaint: String { "is not a time in whole microseconds (a 64-bit integer)" }
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
