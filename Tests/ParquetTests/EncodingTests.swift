import Testing

@testable import Parquet

struct EncodingTests {
    /// Runs that are short and long, in pages that end anywhere: what is written reads back, as whole bytes.
    @Test(arguments: [UInt64(1), 2, 3])
    func runsReadBackFromPages(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<24 {
            let bytes = round % 2 + 1
            var runs = ValueRuns()
            var values: [UInt16] = []
            let longest = [1, 3, 8, 300].randomElement(using: &random) ?? 1
            while values.count < 2000 {
                let value = UInt16(truncatingIfNeeded: random.next()) & (bytes == 1 ? 0xFF : 0xFFFF)
                runs.reserve(1, words: false)
                runs.base.starts[runs.count] = UInt32(values.count)
                runs.base.indexes[runs.count] = value
                runs.advance(to: runs.count + 1)
                values += Array(repeating: value, count: Int.random(in: 1...longest, using: &random))
            }
            runs.close(valueCount: values.count)
            let words = (0...65_535).map { UInt64($0) << 40 | 7 }
            var reader = RunReader(runs)
            words.withUnsafeBufferPointer { runs.materialise($0.baseAddress!) }
            var wordReader = RunReader(runs)
            var start = 0
            while start < values.count {
                let end = min(values.count, start + Int.random(in: 0...700, using: &random))
                let page = ByteBuffer(capacity: 1)
                reader.appendIndexes(start..<end, bytes: bytes, to: page)
                var decoder = PlainDecoder(Array(page.bytes))
                #expect(try decoder.byte() == UInt8(8 * bytes))
                let back = try decoder.runs(count: end - start, width: 8 * bytes)
                try #require(back == values[start..<end].map { UInt64($0) }, "seed \(seed), round \(round)")
                try #require(decoder.isAtEnd, "seed \(seed), round \(round)")
                page.count = 0
                wordReader.appendWords(start..<end, to: page)
                let wanted = values[start..<end].flatMap { value in
                    (0..<8).map { UInt8(truncatingIfNeeded: words[Int(value)] >> UInt64(8 * $0)) }
                }
                try #require(Array(page.bytes) == wanted, "seed \(seed), round \(round)")
                start = end
            }
        }
    }

    /// Nulls anywhere, as runs where they are few and as bits where they are many.
    @Test(arguments: [UInt64(4), 5])
    func levelsReadBack(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<100 {
            let chance = [0, 1, 50, 99, 100].randomElement(using: &random) ?? 0
            let present = (0..<1500).map { _ in Int.random(in: 0..<100, using: &random) >= chance }
            var nulls = NullRuns()
            for row in present.indices { nulls.turn(at: UInt32(row), isNull: !present[row]) }
            #expect(nulls.nullCount(rowCount: 1500) == present.count { !$0 })
            var cursor = 0
            var start = 0
            while start < 1500 {
                let end = min(1500, start + Int.random(in: 1...400, using: &random))
                let page = ByteBuffer(capacity: 1)
                let count = nulls.appendLevels(start..<end, &cursor, to: page)
                #expect(count == present[start..<end].count { $0 })
                var decoder = PlainDecoder(Array(page.bytes))
                #expect(try Int(decoder.littleEndian(4)) == page.count - 4)
                let back = try decoder.runs(count: end - start, width: 1)
                try #require(back == present[start..<end].map { $0 ? 1 : 0 }, "seed \(seed), round \(round)")
                try #require(decoder.isAtEnd)
                start = end
            }
        }
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func deltasReadBack(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<120 {
            let count = Int.random(in: 0...520, using: &random)
            let shift = UInt64.random(in: 0...63, using: &random)
            var value = Int64(bitPattern: random.next())
            let values = (0..<count).map { _ -> Int64 in
                switch round % 4 {
                case 0: value &+= Int64(bitPattern: random.next() >> shift)
                case 1: value &-= Int64(bitPattern: random.next() >> shift)
                case 2: value = Int64(bitPattern: random.next())
                default: value = [.min, .max, 0, -1, 1].randomElement(using: &random) ?? 0
                }
                return value
            }
            #expect(try delta(values) == values, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [
        [Int64.min, .max], [.max, .min], [.min, .max, .min, .max], [0, .min, 0, .max, 0], [.min], [.max, .max], [],
        Array(repeating: .min, count: 129), Array(0...128), Array((0...33).reversed()),
    ])
    func deltasWrapAtTheEndsOfInt64(values: [Int64]) throws {
        #expect(try delta(values) == values)
    }

    private func delta(_ values: [Int64]) throws -> [Int64] {
        let out = ByteBuffer(capacity: 1)
        DeltaEncoder.append(values, count: values.count, to: out)
        var decoder = PlainDecoder(Array(out.bytes))
        let back = try decoder.deltas()
        try #require(decoder.isAtEnd)
        return back
    }

    @Test func equallySpacedDeltasTakeNoBits() {
        let out = ByteBuffer(capacity: 1)
        let values = (0..<129).map { Int64($0) * 1000 }
        DeltaEncoder.append(values, count: values.count, to: out)
        // 128 (2), 4, 129 (2), first 0, least 1000 (2), four widths of 0.
        #expect(Array(out.bytes) == [0x80, 1, 4, 0x81, 1, 0, 0xD0, 0x0F, 0, 0, 0, 0])
    }

    @Test(arguments: [UInt64(21), 22, 23])
    func textsReadBackInEveryEncoding(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<60 {
            let values = (0..<Int.random(in: 1...300, using: &random)).map { index -> [UInt8] in
                switch round % 3 {
                case 0: Array(String(42_377_944 + index).utf8)
                case 1: (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8(random.next() & 1) }
                default:
                    (0..<Int.random(in: 1...22, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                }
            }
            for encoding in [Encoding.plain, .deltaLengthByteArray, .deltaByteArray] {
                var options = WriterOptions()
                options.pageRows = 128
                options.usesDeltas = encoding != .plain
                let store = TextStore(name: "id", options: options)
                store.removeAll(isFrontCoded: encoding == .deltaByteArray)
                var nulls = NullRuns()
                for (row, value) in values.enumerated() {
                    let base = value + Array(repeating: 0xFF, count: 16)
                    try withChanges([0..<value.count], of: base, rows: [row]) {
                        try store.append($0, &nulls, from: row, upTo: row + 1)
                    }
                }
                store.finishPages(rowCount: values.count)
                try #require(store.encoding == encoding)
                #expect(store.pageStarts == Array(stride(from: 0, to: values.count, by: 128)))
                for start in store.pageStarts {
                    let wanted = values[start..<min(values.count, start + 128)]
                    let page = ByteBuffer(capacity: 1)
                    store.appendPage(start..<start + wanted.count, to: page)
                    var decoder = PlainDecoder(Array(page.bytes))
                    let back = try decoder.texts(encoding, count: wanted.count)
                    try #require(back == Array(wanted), "seed \(seed), round \(round), \(encoding)")
                    try #require(decoder.isAtEnd, "seed \(seed), round \(round), \(encoding)")
                }
                let order = values.sorted { $0.lexicographicallyPrecedes($1) }
                #expect(store.bounds == Bounds(minimum: order[0], maximum: order[order.count - 1]), "\(encoding)")
            }
        }
    }
}
