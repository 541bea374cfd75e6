import Testing

@testable import Parquet

struct EncodingTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func runsAndPackedStretchesReadBack(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<150 {
            let width = Int.random(in: 0...32, using: &random)
            let count = Int.random(in: 0...600, using: &random)
            let mask = width == 0 ? 0 : UInt64.max >> UInt64(64 - width)
            let runChance = Int.random(in: 0...20, using: &random)
            var values: [UInt32] = []
            for _ in 0..<count {
                let repeats = !values.isEmpty && Int.random(in: 0..<21, using: &random) < runChance
                values.append(repeats ? values[values.count - 1] : UInt32(random.next() & mask))
            }
            let out = ByteBuffer(capacity: 1)
            RunLengthEncoder.append(values, count: count, width: width, to: out)
            var decoder = PlainDecoder(Array(out.bytes))
            let back = try decoder.runs(count: count, width: width)
            try #require(back == values.map(UInt64.init), "seed \(seed), round \(round), width \(width)")
            try #require(decoder.isAtEnd, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (255, 8), (256, 9), (131_071, 17)])
    func theWidthHoldsTheGreatestIndex(greatest: Int, width: Int) {
        #expect(RunLengthEncoder.width(greatest) == width)
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
            let values = (0..<Int.random(in: 0...300, using: &random)).map { index -> [UInt8] in
                switch round % 3 {
                case 0: Array(String(42_377_944 + index).utf8)
                case 1: (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(random.next() & 1) }
                default:
                    (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                }
            }
            let bytes = ByteBuffer(capacity: 1)
            var ends: [UInt32] = [0]
            for value in values {
                bytes.append(value, value.count)
                ends.append(UInt32(bytes.count))
            }
            for encoding in [Encoding.plain, .deltaLengthByteArray, .deltaByteArray] {
                let out = ByteBuffer(capacity: 1)
                var lengths: [Int64] = []
                ends.withUnsafeBufferPointer { ends in
                    guard let base = ends.baseAddress else { return }
                    let run = TextRun(bytes: bytes.base, ends: base + 1, count: values.count)
                    TextEncoder.append(run, as: encoding, lengths: &lengths, to: out)
                }
                var decoder = PlainDecoder(Array(out.bytes))
                let back = try decoder.texts(encoding, count: values.count)
                try #require(back == values, "seed \(seed), round \(round), \(encoding)")
                try #require(decoder.isAtEnd, "seed \(seed), round \(round), \(encoding)")
            }
        }
    }

    @Test func bitsOfAnyWidthArePackedLowestFirst() throws {
        var random = SeededRandom(seed: 31)
        for width in 1...64 {
            for count in [1, 7, 8, 9, 31, 64, 65] {
                let values = (0..<count).map { _ in random.next() >> UInt64(64 - width) }
                let out = ByteBuffer(capacity: 1)
                out.appendPacked(count, width: width) { values[$0] }
                var decoder = PlainDecoder(Array(out.bytes))
                let back = try decoder.packed(count, width: width)
                try #require(back == values && decoder.isAtEnd, "width \(width), count \(count)")
            }
        }
    }
}
