import Testing

@testable import Parquet

struct BuilderTests {
    private let scratch = EncoderScratch()

    private func options(pageRows: Int = 64, deltaText: Bool = true) -> WriterOptions {
        var options = WriterOptions()
        options.pageRows = pageRows
        options.usesDeltas = deltaText
        return options
    }

    private func words(_ values: [Double?], _ options: WriterOptions, pieces: Int = 1000) throws -> EncodedChunk {
        let builder = NumberColumnBuilder(Field("price", .double, isNullable: true), options: options)
        append(values.map { $0?.bitPattern }, to: builder, pieces: pieces)
        #expect(builder.rowCount == values.count)
        return try builder.finishChunk(scratch)
    }

    private func bytes(_ value: Double) -> [UInt8] { withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }

    // MARK: Nulls and pages

    /// Row numbers, with nulls where the pattern says.
    static let patterns: [(String, @Sendable (Int, Int) -> Bool)] = [
        ("none", { _, _ in false }), ("first", { row, _ in row == 0 }), ("last", { row, count in row == count - 1 }),
        ("all", { _, _ in true }), ("every other", { row, _ in row % 2 == 0 }),
        ("a whole page", { row, _ in (64..<128).contains(row) }), ("the first page", { row, _ in row < 64 }),
        ("from the middle on", { row, count in row >= count / 2 }), ("all but one", { row, count in row != count / 3 }),
        ("around a page's end", { row, _ in (60...70).contains(row) }),
    ]

    @Test(arguments: patterns.map(\.0), [1, 63, 64, 65, 128, 200, 321])
    func nullsAtAllPlacesReadBack(pattern: String, count: Int) throws {
        let isNull = try #require(Self.patterns.first { $0.0 == pattern }).1
        for (distinct, pieces) in [(7, 1000), (1_000_000, 33), (7, 1), (1, 64)] {
            let present = (0..<count).map { !isNull($0, count) }
            let doubles = (0..<count).map { present[$0] ? Double($0 % distinct) / 8 : nil }
            let chunk = try words(doubles, options(), pieces: pieces)
            let field = Field("price", .double, isNullable: true)
            #expect(try decode(chunk, field).words == doubles.map { $0?.bitPattern }, "\(distinct) values")
            #expect(chunk.statistics.nullCount == Int64(present.filter { !$0 }.count))
            #expect((chunk.statistics.minimum == nil) == !present.contains(true))

            let text = TextColumnBuilder(Field("id", .byteArray, .string, isNullable: true), options: options())
            let strings = (0..<count).map { present[$0] ? "t\($0 % distinct)" : "" }
            try texts(strings, into: text, pieces: pieces)
            let textChunk = try text.finishChunk(scratch)
            #expect(try decode(textChunk, text.field).rows == strings.map { $0.isEmpty ? nil : Array($0.utf8) })
            #expect(textChunk.statistics.nullCount == Int64(present.filter { !$0 }.count))

            let flag = BooleanColumnBuilder(Field("f", .boolean, isNullable: true), options: options())
            let flags = (0..<count).map { present[$0] ? $0 % 5 == 0 : nil }
            append(flags, to: flag, pieces: pieces)
            let flagChunk = try flag.finishChunk(scratch)
            #expect(try decode(flagChunk, flag.field).rows == flags.map { $0.map { [$0 ? 1 : 0] } })
        }
    }

    @Test(arguments: [UInt64(51), 52, 53])
    func randomColumnsReadBackChunkAfterChunk(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let field = Field("funding_timestamp", .int64, .timestampMicrosUTC, isNullable: true)
        let times = NumberColumnBuilder(field, options: options(pageRows: 1000))
        let text = TextColumnBuilder(
            Field("id", .byteArray, .string, isNullable: true),
            options: options(pageRows: 1000)
        )
        for group in 0..<8 {
            let count = Int.random(in: 1...6000, using: &random)
            let distinct = [1, 2, 65, 3000, Int.max].randomElement(using: &random) ?? 1
            let nulls = [0, 0, 3, 50, 100].randomElement(using: &random) ?? 0
            let values = (0..<count).map { _ -> UInt64? in
                Int.random(in: 0..<100, using: &random) < nulls
                    ? nil : UInt64.random(in: 0..<UInt64(distinct), using: &random) &* 0x9E37_79B9_7F4A_7C15
            }
            append(values, to: times, pieces: Int.random(in: 1...4096, using: &random))
            let strings = values.map { $0.map(String.init) ?? "" }
            try texts(strings, into: text, pieces: Int.random(in: 1...4096, using: &random))
            let chunk = try times.finishChunk(scratch)
            try #require(try decode(chunk, field).words == values, "seed \(seed), row group \(group)")
            let present = values.compactMap { $0.map { Int64(bitPattern: $0) } }
            #expect(chunk.statistics.minimum.map(Self.integer) == present.min(), "seed \(seed), row group \(group)")
            #expect(chunk.statistics.maximum.map(Self.integer) == present.max(), "seed \(seed), row group \(group)")
            let textChunk = try text.finishChunk(scratch)
            try #require(
                try decode(textChunk, text.field).rows == strings.map { $0.isEmpty ? nil : Array($0.utf8) },
                "seed \(seed), row group \(group)"
            )
        }
    }

    private static func integer(_ bytes: [UInt8]) -> Int64 {
        Int64(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    // MARK: Encodings

    @Test func aDictionaryThatStopsPayingIsLeftInTheMiddleOfAChunk() throws {
        // 5,000 repeating values first, then ever new ones.
        let values = (0..<60_000).map { Double($0 < 5_000 ? $0 % 10 : $0) }
        let chunk = try words(values, options(pageRows: 7000), pieces: 4096)
        let decoded = try decode(chunk, Field("price", .double, isNullable: true))
        #expect(decoded.words == values.map(\.bitPattern))
        #expect(decoded.dataEncodings == [.plain])
        #expect(chunk.dictionaryPageSize == 0)
    }

    @Test func typicalColumnsGetTheEncodingsThatWereMeasured() throws {
        var random = SeededRandom(seed: 61)
        let count = 40_000
        let options = options(pageRows: 32_768)
        // local_timestamp: ascending, nearly all different.
        let time = TimeColumnBuilder(
            Field("local_timestamp", .int64, .timestampMicrosUTC, isNullable: false),
            options: options
        )
        var now: UInt64 = 1_582_329_602_418_379
        let times = (0..<count).map { _ -> Int64 in
            now += UInt64.random(in: 1...900_000, using: &random)
            return Int64(now)
        }
        time.append(times, count: 1000)
        times.withUnsafeBufferPointer { time.append($0.baseAddress! + 1000, count: count - 1000) }
        let timeChunk = try time.finishChunk(scratch)
        #expect(timeChunk.encodings == [.deltaBinaryPacked])
        #expect(timeChunk.isAscending)
        #expect(timeChunk.columnIndex?.boundaryOrder == .ascending)
        #expect(try decode(timeChunk, time.field).words == times.map { UInt64($0) })
        // The same where columns are in another order.
        let otherTime = NumberColumnBuilder(time.field, options: options)
        append(times.map { UInt64($0) }, to: otherTime, pieces: 4096)
        let otherChunk = try otherTime.finishChunk(scratch)
        #expect(otherChunk.bytes == timeChunk.bytes)
        #expect(otherChunk.isAscending)

        // Few amounts: dictionary. Levels of a nullable column are RLE.
        let amounts = (0..<count).map { _ in Double(Int.random(in: 1...500, using: &random)) / 1000 }
        #expect(try words(amounts, options).encodings == [.plain, .rleDictionary, .rle])
        // All different: PLAIN.
        let anything = (0..<count).map { _ in Double(random.next() >> 11) }
        #expect(try words(anything, options).encodings == [.plain, .rle])

        #expect(try textEncodings((0..<count).map { String(42_377_944 + $0) }, options) == [.deltaByteArray, .rle])
        let uuids = (0..<count).map { _ in String(random.next(), radix: 16) + "-" + String(random.next(), radix: 16) }
        #expect(try textEncodings(uuids, options) == [.deltaLengthByteArray, .rle])
        let sides = (0..<count).map { _ in Bool.random(using: &random) ? "buy" : "sell" }
        #expect(try textEncodings(sides, options) == [.plain, .rleDictionary, .rle])
        // For fastparquet: no delta encodings.
        var plain = options
        plain.usesDeltas = false
        #expect(try textEncodings(uuids, plain) == [.plain, .rle])
        let plainTime = TimeColumnBuilder(time.field, options: plain)
        plainTime.append(times, count: count)
        let plainChunk = try plainTime.finishChunk(scratch)
        #expect(plainChunk.encodings == [.plain])
        #expect(try decode(plainChunk, time.field).words == times.map { UInt64($0) })
    }

    private func textEncodings(_ values: [String], _ options: WriterOptions) throws -> [Encoding] {
        let builder = TextColumnBuilder(Field("id", .byteArray, .string, isNullable: true), options: options)
        try texts(values, into: builder, pieces: 4096)
        let chunk = try builder.finishChunk(scratch)
        #expect(try decode(chunk, builder.field).rows == values.map { Array($0.utf8) })
        return chunk.encodings
    }

    @Test func pagesHoldAsManyRowsAsAskedFor() throws {
        let chunk = try words((0..<130).map(Double.init), options(pageRows: 64))
        #expect(chunk.pages.map(\.firstRow) == [0, 64, 128])
        #expect(try words((0..<128).map(Double.init), options(pageRows: 64)).pages.map(\.firstRow) == [0, 64])
    }

    // MARK: Statistics

    @Test(arguments: [
        ([Double?](arrayLiteral: 0.0, 1), -0.0, 1), ([-0.0, 1], -0.0, 1), ([-1, 0], -1, 0.0), ([-1, -0.0], -1, 0.0),
        ([0], -0.0, 0.0), ([-13.5, -2, nil], -13.5, -2),
        ([nil, .leastNonzeroMagnitude, nil], .leastNonzeroMagnitude, .leastNonzeroMagnitude),
        ([1e308, -1e308], -1e308, 1e308),
    ])
    func boundsOfDoublesHoldAndZerosTakeTheCarefulSign(values: [Double?], least: Double, greatest: Double) throws {
        let statistics = try words(values, options()).statistics
        #expect(statistics.minimum == bytes(least))
        #expect(statistics.maximum == bytes(greatest))
    }

    @Test func bothZerosKeepTheirSigns() throws {
        let values: [Double?] = [0.0, -0.0, -0.0, 0.0, 1, -0.0]
        let chunk = try words(values, options())
        #expect(try decode(chunk, Field("p", .double, isNullable: true)).words == values.map { $0?.bitPattern })
    }

    /// Only times have one: they are what readers look for.
    @Test func theColumnIndexHasTheBoundsOfEveryPage() throws {
        let times = TimeColumnBuilder(
            Field("t", .int64, .timestampMicrosUTC, isNullable: false),
            options: options(pageRows: 100)
        )
        var values = (0..<250).map { Int64($0) - 50 }
        for isAscending in [true, false] {
            if !isAscending { values[249] = 3 }
            times.append(values, count: 250)
            let chunk = try times.finishChunk(scratch)
            let index = try #require(chunk.columnIndex)
            #expect(index.nullPages == [false, false, false])
            #expect(index.minimums.map(Self.integer) == [-50, 50, isAscending ? 150 : 3])
            #expect(index.maximums.map(Self.integer) == [49, 149, isAscending ? 199 : 198])
            #expect(index.nullCounts == [0, 0, 0])
            #expect(index.boundaryOrder == (isAscending ? .ascending : .unordered))
            #expect(chunk.isAscending == isAscending)
            #expect(try ColumnIndex(reading: index.encoded()[...]) == index)
        }
    }

    @Test func aStepBackBetweenBlocksIsSeen() throws {
        func isAscending(_ values: [UInt64?], pieces: Int) throws -> Bool {
            let builder = NumberColumnBuilder(
                Field("t", .int64, .timestampMicrosUTC, isNullable: true),
                options: options()
            )
            append(values, to: builder, pieces: pieces)
            return try builder.finishChunk(scratch).isAscending
        }
        for pieces in [1, 2, 3, 4] {
            #expect(try !isAscending([1, 2, 3, 2], pieces: pieces))
            #expect(try isAscending([1, 2, 2, 3], pieces: pieces))
            #expect(try !isAscending([1, nil, 2, 3], pieces: pieces))
        }
        #expect(try !isAscending((0..<20_000).map { $0 == 19_999 ? 0 : $0 }, pieces: 999))
        #expect(try isAscending((0..<20_000).map { $0 }, pieces: 999))
    }

    @Test func boundsOfTextsAreInTheOrderOfTheirBytes() throws {
        let builder = TextColumnBuilder(
            Field("s", .byteArray, .string, isNullable: true),
            options: options(pageRows: 3)
        )
        try texts(["b", "ab", "a", "", "é", "zz", "z"], into: builder)
        let chunk = try builder.finishChunk(scratch)
        #expect(chunk.statistics.minimum == Array("a".utf8))
        #expect(chunk.statistics.maximum == Array("é".utf8))
    }

    @Test(arguments: [(64, true), (65, false)])
    func longTextsAreNoBounds(length: Int, isKept: Bool) throws {
        let long = String(repeating: "x", count: length)
        let builder = TextColumnBuilder(
            Field("s", .byteArray, .string, isNullable: true),
            options: options(pageRows: 2)
        )
        try texts(["a", long, "b"], into: builder)
        let chunk = try builder.finishChunk(scratch)
        #expect((chunk.statistics.maximum != nil) == isKept)
        #expect(try decode(chunk, builder.field).rows == [Array("a".utf8), Array(long.utf8), Array("b".utf8)])
    }

    @Test func sizesAreThoseOfTheBytes() throws {
        let chunk = try words((0..<5000).map { Double($0 % 100) }, options(pageRows: 1000))
        let decoded = try decode(chunk, Field("p", .double, isNullable: true))
        let bodies = decoded.pages.reduce(0) { $0 + $1.body.count }
        // The rest are page headers, 6 pages of less than 40 bytes each.
        #expect(chunk.uncompressedSize > bodies && chunk.uncompressedSize < bodies + 6 * 40)
        #expect(chunk.rowCount == 5000)
    }
}
