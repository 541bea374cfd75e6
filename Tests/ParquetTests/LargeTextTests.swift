import Testing

@testable import Parquet

/// Texts so long that a row group of them does not fit the memory.
@Suite(.timeLimit(.minutes(30)))
struct LargeTextTests {
    private let scratch = EncoderScratch()

    private func builder(_ options: WriterOptions = WriterOptions()) -> TextColumnBuilder {
        TextColumnBuilder(Field("id", .byteArray, .string, isNullable: true), options: options)
    }

    /// Rows that are texts of one buffer, so that gigabytes cost nothing here: where each begins, and how long all are.
    private func append(_ starts: [Int], length: Int, of base: [UInt8], to builder: TextColumnBuilder) throws {
        let first = builder.rowCount
        try ParquetTests.append(
            starts.map { $0..<$0 + length },
            of: base,
            rows: starts.indices.map { first + $0 },
            upTo: first + starts.count,
            to: builder
        )
    }

    private func noise(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: 17)
        return (0..<count).map { _ in UInt8.random(in: 0x61...0x7A, using: &random) }
    }

    /// One more than the number of texts below which both ways are tried, each of 60 kB.
    @Test func fewLongTextsAreNeverExpanded() throws {
        let length = 60_000
        let base = noise(length + 65) + Array(repeating: 0, count: 16)
        let builder = builder()
        for round in 0..<5 {
            // 65 distinct texts over and over: 390 MB in the end, 4 MB in a dictionary.
            try append((0..<1300).map { ($0 + round) % 65 }, length: length, of: base, to: builder)
            #expect(builder.heldBytes < 20_000_000, "after \(builder.rowCount) rows")
        }
        let chunk = try builder.finishChunk(scratch)
        #expect(chunk.encodings == [.plain, .rleDictionary, .rle])
        #expect(chunk.bytes.count < 5_000_000)
        #expect(chunk.rowCount == 6500)
        #expect(builder.heldBytes < 10_000_000)
        // The next chunk begins with nothing.
        try texts(["a", "b", "a"], into: builder)
        let small = try builder.finishChunk(scratch)
        #expect(try decode(small, builder.field).rows == ["a", "b", "a"].map { Array($0.utf8) })
    }

    @Test func moreThanTwoGibibytesAreAnError() throws {
        let base = noise(1_000_000) + Array(repeating: 0, count: 16)
        let builder = builder()
        let most = Int(Int32.max) / 1_000_000
        try append(Array(repeating: 0, count: most), length: 1_000_000, of: base, to: builder)
        let error = ParquetError("column id holds more than 2 GiB of text in one row group")
        #expect(throws: error) { try append([0], length: 1_000_000, of: base, to: builder) }
        // In one call, whose sum alone is more than 32 bits hold.
        let other = self.builder()
        #expect(throws: error) {
            try append(Array(repeating: 0, count: 5000), length: 1_000_000, of: base, to: other)
        }
        #expect(other.heldBytes < 20_000_000)
    }

    @Test func aSingleTextOfAHundredMegabytesIsWritten() throws {
        let length = 100_000_000
        let base = [UInt8](repeating: 0x7A, count: length) + Array(repeating: 0, count: 16)
        let builder = builder()
        try texts(["a", "b"], into: builder)
        try append([0], length: length, of: base, to: builder)
        try texts(["c"], into: builder)
        let chunk = try builder.finishChunk(scratch)
        #expect(chunk.rowCount == 4)
        #expect(chunk.statistics.minimum == nil && chunk.statistics.maximum == nil)
        #expect(chunk.uncompressedSize > length)
        // Neither the column nor the thread keeps the memory.
        #expect(builder.heldBytes < 20_000_000)
        #expect(scratch.page.capacity <= 16 << 20)
    }

    // MARK: Pages

    @Test(arguments: [1, 3, 1000])
    func pagesEndWhereTheirTextIsLarge(pieces: Int) throws {
        var options = WriterOptions()
        options.pageRows = 64
        options.pageTextBytes = 100
        let values = (0..<300).map { row -> String in
            row % 7 == 3 ? "" : String(repeating: "x", count: row < 100 ? 1 : row < 200 ? 30 : 150) + "\(row)"
        }
        for hasFew in [false, true] {
            let texts = hasFew ? values.map { String($0.dropLast($0.isEmpty ? 0 : "\($0.count)".count)) } : values
            let builder = builder(options)
            // After a chunk in which it did not pay there is no dictionary.
            try ParquetTests.texts((0..<5000).map(String.init), into: builder)
            #expect(try builder.finishChunk(scratch).dictionaryPageSize == 0)
            try ParquetTests.texts(texts, into: builder, pieces: pieces)
            let chunk = try builder.finishChunk(scratch)
            #expect(try decode(chunk, builder.field).rows == texts.map { $0.isEmpty ? nil : Array($0.utf8) })
            let starts = chunk.pages.map { Int($0.firstRow) }
            for (start, end) in zip(starts, starts.dropFirst() + [300]) {
                let size = texts[start..<end].reduce(0) { $0 + $1.utf8.count }
                let last = texts[start..<end].last { !$0.isEmpty }?.utf8.count ?? 0
                #expect(end - start <= 64 && size - last < 100, "rows \(start) to \(end)")
                #expect(end == 300 || end - start == 64 || size >= 100, "rows \(start) to \(end) are too few")
            }
        }
    }

    /// Without a dictionary pages are begun by texts: rows that have none make pages all the same.
    @Test(arguments: [(300, 0..<300), (300, 100..<300), (300, 0..<200), (300, 70..<210), (64, 0..<64), (1, 0..<1)])
    func rowsWithoutTextHavePages(count: Int, nulls: Range<Int>) throws {
        var options = WriterOptions()
        options.pageRows = 64
        let builder = builder(options)
        try ParquetTests.texts((0..<5000).map(String.init), into: builder)
        #expect(try builder.finishChunk(scratch).dictionaryPageSize == 0)
        let texts = (0..<count).map { nulls.contains($0) ? "" : "t\($0)" }
        try ParquetTests.texts(texts, into: builder, pieces: 90)
        let chunk = try builder.finishChunk(scratch)
        #expect(chunk.pages.map { Int($0.firstRow) } == Array(stride(from: 0, to: count, by: 64)))
        #expect(try decode(chunk, builder.field).rows == texts.map { $0.isEmpty ? nil : Array($0.utf8) })
    }

    /// The file is the same whether its texts come one by one or all at once.
    @Test func pageEndsDoNotDependOnTheBlocks() throws {
        var options = WriterOptions()
        options.pageTextBytes = 500
        let values = (0..<2000).map { String(repeating: "ab", count: $0 % 37) }
        let chunks = try [1, 2, 11, 999, 2000].map { pieces in
            let builder = builder(options)
            try texts((0..<5000).map(String.init), into: builder)
            #expect(try builder.finishChunk(scratch).dictionaryPageSize == 0)
            try texts(values, into: builder, pieces: pieces)
            return try builder.finishChunk(scratch).bytes
        }
        for chunk in chunks.dropFirst() {
            let isSame = chunk == chunks[0]
            #expect(isSame)
        }
    }

    // MARK: Bounds

    /// Values that differ only behind what is kept of them, or are as long as what is kept.
    @Test(
        arguments: [
            (["m", "zz"], "m", "zz"),
            (["m", String(repeating: "z", count: 64)], "m", String(repeating: "z", count: 64)),
            (["m", String(repeating: "z", count: 65)], nil, nil), ([String(repeating: "a", count: 65), "m"], nil, nil),
            ([String(repeating: "a", count: 64) + "b", String(repeating: "a", count: 64)], nil, nil),
            ([String(repeating: "b", count: 500), "a", String(repeating: "b", count: 64) + "c", "c"], "a", "c"),
            (
                [String(repeating: "b", count: 64), String(repeating: "b", count: 63), "c"],
                String(repeating: "b", count: 63), "c"
            ),
        ] as [([String], String?, String?)]
    )
    func boundsAreThoseOfTheFullTexts(values: [String], least: String?, greatest: String?) throws {
        for values in [values, values.reversed()] {
            let builder = builder()
            try texts(values, into: builder)
            let statistics = try builder.finishChunk(scratch).statistics
            #expect(statistics.minimum == least.map { Array($0.utf8) })
            #expect(statistics.maximum == greatest.map { Array($0.utf8) })
        }
    }
}
