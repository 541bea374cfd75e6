import CZstd

@testable import Parquet

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

struct Malformed: Error {
    let what: String
    init(_ what: String) { self.what = what }
}

/// A second reading of Encodings.md, as plain as it can be: one value after the other, bit by bit.
struct PlainDecoder {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw Malformed("ends early") }
        position += 1
        return bytes[position - 1]
    }

    mutating func take(_ count: Int) throws -> [UInt8] {
        guard count >= 0, count <= bytes.count - position else { throw Malformed("\(count) bytes are not there") }
        position += count
        return Array(bytes[(position - count)..<position])
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            value |= UInt64(next & 127) << shift
            if next < 128 { return value }
            shift += 7
        }
    }

    mutating func zigzag() throws -> Int64 {
        let raw = try varint()
        return raw & 1 == 0 ? Int64(raw >> 1) : -1 - Int64(raw >> 1)
    }

    mutating func littleEndian(_ count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// `count` values of `width` bits, lowest bit first; takes whole bytes.
    mutating func packed(_ count: Int, width: Int) throws -> [UInt64] {
        let raw = try take((count * width + 7) / 8)
        return (0..<count).map { index in
            (0..<width).reduce(0) { value, bit in
                let at = index * width + bit
                return value | UInt64(raw[at / 8] >> UInt8(at % 8) & 1) << UInt64(bit)
            }
        }
    }

    /// The RLE / bit-packing hybrid.
    mutating func runs(count: Int, width: Int) throws -> [UInt64] {
        var values: [UInt64] = []
        while values.count < count {
            let head = try varint()
            if head & 1 == 1 {
                let packed = try packed(Int(head >> 1) * 8, width: width)
                // Only the last stretch may be filled up, and with zeros.
                let surplus = max(0, values.count + packed.count - count)
                guard surplus < 8, packed.suffix(surplus).allSatisfy({ $0 == 0 }) else { throw Malformed("surplus") }
                values += packed.dropLast(surplus)
            } else {
                guard head > 0 else { throw Malformed("a run of nothing") }
                let value = try littleEndian((width + 7) / 8)
                values += Array(repeating: value, count: Int(head >> 1))
            }
        }
        guard values.count == count else { throw Malformed("\(values.count) values, not \(count)") }
        return values
    }

    mutating func deltas() throws -> [Int64] {
        let blockSize = Int(try varint())
        let miniblocks = Int(try varint())
        let count = Int(try varint())
        let first = try zigzag()
        guard blockSize % 128 == 0, blockSize / miniblocks % 32 == 0 else { throw Malformed("odd block size") }
        guard count > 0 else { return [] }
        var values = [first]
        while values.count < count {
            let least = try zigzag()
            let widths = try take(miniblocks)
            for width in widths where values.count < count {
                for delta in try packed(blockSize / miniblocks, width: Int(width)) where values.count < count {
                    values.append((values.last ?? 0) &+ least &+ Int64(bitPattern: delta))
                }
            }
        }
        return values
    }

    mutating func texts(_ encoding: Encoding, count: Int) throws -> [[UInt8]] {
        switch encoding {
        case .plain: return try (0..<count).map { _ in try take(Int(try littleEndian(4))) }
        case .deltaLengthByteArray: return try deltas().map { try take(Int($0)) }
        case .deltaByteArray:
            let prefixes = try deltas()
            let lengths = try deltas()
            var last: [UInt8] = []
            return try zip(prefixes, lengths).map { prefix, length in
                guard prefix <= last.count else { throw Malformed("prefix too long") }
                last = try last.prefix(Int(prefix)) + take(Int(length))
                return last
            }
        default: throw Malformed("no encoding of texts")
        }
    }
}

/// One page of a chunk, decompressed.
struct DecodedPage {
    var isDictionary = false
    var valueCount = 0
    var encoding = Encoding.plain
    var body: [UInt8] = []
}

/// What a chunk holds: PLAIN bytes a row, nil for null.
struct DecodedChunk {
    var rows: [[UInt8]?] = []
    var pages: [DecodedPage] = []

    var words: [UInt64?] {
        rows.map { $0.map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } } }
    }

    /// The encodings of the data pages.
    var dataEncodings: Set<Encoding> { Set(pages.filter { !$0.isDictionary }.map(\.encoding)) }
}

func decode(_ chunk: EncodedChunk, _ field: Field) throws -> DecodedChunk {
    var answer = DecodedChunk()
    var dictionary: [[UInt8]]?
    var position = 0
    var offsets: [Int64] = []
    while position < chunk.bytes.count {
        let start = position
        let page = try decodePage(chunk.bytes, &position)
        answer.pages.append(page)
        var body = PlainDecoder(page.body)
        if page.isDictionary {
            dictionary = try plain(&body, field.physicalType, page.encoding, page.valueCount)
        } else {
            offsets.append(Int64(start))
            var levels = Array(repeating: UInt64(1), count: page.valueCount)
            if field.isNullable {
                var inner = PlainDecoder(try body.take(Int(try body.littleEndian(4))))
                levels = try inner.runs(count: page.valueCount, width: 1)
                guard inner.isAtEnd else { throw Malformed("levels are longer than they say") }
            }
            let present = levels.reduce(0) { $0 + Int($1) }
            var values: [[UInt8]]
            if page.encoding == .rleDictionary {
                guard let dictionary else { throw Malformed("no dictionary") }
                let width = Int(try body.byte())
                values = try body.runs(count: present, width: width).map { dictionary[Int($0)] }
            } else {
                values = try plain(&body, field.physicalType, page.encoding, present)
            }
            values.reverse()
            for level in levels { answer.rows.append(level == 0 ? nil : values.popLast()) }
        }
        guard body.isAtEnd else { throw Malformed("a page is longer than its values") }
    }
    guard offsets == chunk.pages.map(\.offset) else { throw Malformed("offset index is wrong") }
    return answer
}

private func plain(
    _ body: inout PlainDecoder,
    _ type: PhysicalType,
    _ encoding: Encoding,
    _ count: Int
) throws -> [[UInt8]] {
    switch (type, encoding) {
    case (.boolean, .plain): try body.packed(count, width: 1).map { [UInt8($0)] }
    case (.byteArray, _): try body.texts(encoding, count: count)
    case (_, .deltaBinaryPacked):
        try body.deltas().map { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) } }
    default: try (0..<count).map { _ in try body.take(8) }
    }
}

/// Field ids, read from parquet.thrift a second time.
private enum PageHeaderID: Int16 {
    case type = 1
    case plainSize = 2
    case compressedSize = 3
    case dataPage = 5
    case dictionaryPage = 7
}

private enum PageID: Int16 {
    case valueCount = 1
    case encoding = 2
}

private func decodePage(_ bytes: [UInt8], _ position: inout Int) throws -> DecodedPage {
    var page = DecodedPage()
    var sizes = (plain: 0, compressed: 0)
    var reader = CompactReader(bytes[position...])
    try reader.structure(PageHeaderID.self) { (reader, field) throws(ParquetError) in
        switch field.id {
        case .type: page.isDictionary = try reader.int32() == 2
        case .plainSize: sizes.plain = Int(try reader.int32())
        case .compressedSize: sizes.compressed = Int(try reader.int32())
        case .dataPage, .dictionaryPage:
            try reader.structure(PageID.self) { (reader, field) throws(ParquetError) in
                switch field.id {
                case .valueCount: page.valueCount = Int(try reader.int32())
                case .encoding: page.encoding = Encoding(rawValue: try reader.int32()) ?? .byteStreamSplit
                }
                return true
            }
        }
        return true
    }
    let start = reader.position
    guard start + sizes.compressed <= bytes.count else { throw Malformed("a page is cut off") }
    page.body = Array(repeating: 0, count: sizes.plain)
    let size = bytes.withUnsafeBytes { raw in
        ZSTD_decompress(&page.body, sizes.plain, raw.baseAddress.map { $0 + start }, sizes.compressed)
    }
    guard size == sizes.plain else { throw Malformed("zstd gave \(size) bytes, not \(sizes.plain)") }
    position = start + sizes.compressed
    return page
}

// MARK: Page indexes

extension OffsetIndex {
    init(reading bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var pages: [Page] = []
        var reader = CompactReader(bytes)
        try reader.structure(Thrift.OffsetIndex.self) { (reader, _) throws(ParquetError) in
            pages = try reader.array { (reader) throws(ParquetError) in
                var page = Page(offset: 0, compressedSize: 0, firstRow: 0)
                try reader.structure(Thrift.PageLocation.self) { (reader, field) throws(ParquetError) in
                    switch field.id {
                    case .offset: page.offset = try reader.int64()
                    case .compressedPageSize: page.compressedSize = try reader.int32()
                    case .firstRowIndex: page.firstRow = try reader.int64()
                    }
                    return true
                }
                return page
            }
            return true
        }
        self.init(pages: pages)
    }
}

extension ColumnIndex {
    init(reading bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var index = ColumnIndex(nullPages: [], minimums: [], maximums: [], boundaryOrder: .unordered, nullCounts: [])
        var reader = CompactReader(bytes)
        try reader.structure(Thrift.ColumnIndex.self) { (reader, field) throws(ParquetError) in
            switch field.id {
            case .nullPages:
                index.nullPages = try reader.array { (reader) throws(ParquetError) in try reader.byte() == 1 }
            case .minValues:
                index.minimums = try reader.array { (reader) throws(ParquetError) in try reader.binary() }
            case .maxValues:
                index.maximums = try reader.array { (reader) throws(ParquetError) in try reader.binary() }
            case .boundaryOrder: index.boundaryOrder = .init(rawValue: try reader.int32()) ?? .unordered
            case .nullCounts:
                index.nullCounts = try reader.array { (reader) throws(ParquetError) in try reader.int64() }
            }
            return true
        }
        self = index
    }
}

// MARK: Feeding the builders

/// The rows of a piece that are told as changes: all that are one, and some that are none.
private func changes<Value: Equatable>(_ values: [Value], _ piece: Range<Int>) -> [Int] {
    piece.filter { $0 == 0 || values[$0] != values[$0 - 1] || $0 % 5 == 0 }
}

private func forPieces(_ count: Int, _ size: Int, _ body: (Range<Int>) throws -> Void) rethrows {
    for start in stride(from: 0, to: count, by: size) { try body(start..<min(count, start + size)) }
}

/// Appends words, of which each is its own key, in pieces.
func append(_ values: [UInt64?], to builder: NumberColumnBuilder, pieces: Int = 1000) {
    var nullKey = UInt64.max
    while values.contains(nullKey) { nullKey -= 1 }
    forPieces(values.count, pieces) { piece in
        let changed = changes(values, piece)
        var keys = changed.map { values[$0] ?? nullKey }
        let rows = changed.map { UInt32($0) }
        withPointers(&keys, rows) { keys, rows in
            builder.append(
                NumberColumnBuilder.Changes(
                    keys: keys,
                    rows: rows,
                    count: changed.count,
                    nullKey: nullKey,
                    hasNulls: changed.contains { values[$0] == nil }
                ),
                upTo: piece.upperBound
            ) { keys, words, count in words.update(from: keys, count: count) }
        }
    }
}

/// Pointers to arrays' elements, for as long as `body` runs.
func withPointers<A, B>(
    _ a: inout [A],
    _ b: [B],
    _ body: (UnsafeMutablePointer<A>, UnsafePointer<B>) -> Void
) {
    func call(_ a: UnsafeMutablePointer<A>, _ b: UnsafePointer<B>) { body(a, b) }
    call(&a, b)
}

func withPointers<A, B, Answer>(
    _ a: [A],
    _ b: [B],
    _ body: (UnsafePointer<A>, UnsafePointer<B>) throws -> Answer
) rethrows -> Answer {
    // Passed as arguments, they live for the call.
    func call(_ a: UnsafePointer<A>, _ b: UnsafePointer<B>) throws -> Answer { try body(a, b) }
    return try call(a, b)
}

func append(_ flags: [Bool?], to builder: BooleanColumnBuilder, pieces: Int = 1000) {
    forPieces(flags.count, pieces) { piece in
        for row in changes(flags, piece) { builder.change(at: UInt32(row), to: flags[row]) }
        builder.extend(to: piece.upperBound)
    }
}

/// Appends texts to an empty chunk, in pieces.
func texts(_ values: [String], into builder: TextColumnBuilder, pieces: Int = 1000) throws {
    let first = builder.rowCount
    try forPieces(values.count, pieces) { piece in
        let rows = changes(values, piece)
        var bytes: [UInt8] = []
        var bounds: [Range<Int>] = []
        for row in rows {
            bounds.append(bytes.count..<bytes.count + values[row].utf8.count)
            bytes += values[row].utf8
            bytes.append(0x2C)
        }
        bytes += Array(repeating: 0, count: 16)
        try append(bounds, of: bytes, rows: rows.map { first + $0 }, upTo: first + piece.upperBound, to: builder)
    }
}

/// Appends texts that are parts of one buffer, which has 16 bytes more.
func append(_ bounds: [Range<Int>], of base: [UInt8], rows: [Int], upTo rowCount: Int, to builder: TextColumnBuilder)
    throws
{
    try withChanges(bounds, of: base, rows: rows) { try builder.append($0, upTo: rowCount) }
}

func withChanges(
    _ bounds: [Range<Int>],
    of base: [UInt8],
    rows: [Int],
    _ body: (TextColumnBuilder.Changes) throws -> Void
) throws {
    let starts = bounds.map { UInt32($0.lowerBound) }
    let ends = bounds.map { UInt32($0.upperBound) }
    try withPointers(starts, ends) { starts, ends in
        try withPointers(base, rows.map { UInt32($0) }) { base, rows in
            try body(
                TextColumnBuilder.Changes(base: base, starts: starts, ends: ends, rows: rows, count: bounds.count)
            )
        }
    }
}
