@testable import Parquet
import Testing

/// How level 1 compresses the pages of a column is chosen by what they hold.
struct MatchingTests {
    private let scratch = EncoderScratch()

    private func fill(_ bytes: [UInt8]) {
        scratch.page.count = 0
        bytes.withUnsafeBytes { if let base = $0.baseAddress { scratch.page.append(base, $0.count) } }
    }

    private func choice(_ choice: MatchingChoice, _ bytes: [UInt8], _ encoding: Encoding = .plain) throws
        -> PageCompressor.Matching
    {
        fill(bytes)
        try scratch.choose(choice, encoding)
        return choice.matching
    }

    private func size(_ bytes: [UInt8], _ matching: PageCompressor.Matching) throws -> Int {
        fill(bytes)
        return try scratch.compressPage(level: 1, matching, to: ByteBuffer(capacity: 0), behind: 0)
    }

    @Test func hexDigitsByChanceAreNotMatched() throws {
        var random = SeededRandom(seed: 7)
        let digits = Array("0123456789abcdef".utf8)
        let bytes = (0..<100_000).map { _ in digits[Int.random(in: 0..<16, using: &random)] }
        #expect(try choice(MatchingChoice(), bytes) == .none)
        // Half a byte each, and nothing lost by it.
        let (none, short) = (try size(bytes, .none), try size(bytes, .short))
        #expect(none <= 50_500 && none <= short)
    }

    /// Rows of eight bytes: six of one of 64 words, two by chance.
    private func repeats(_ random: inout SeededRandom) -> [UInt8] {
        let words = (0..<64).map { _ in (0..<6).map { _ in UInt8.random(in: 0...255, using: &random) } }
        return (0..<12_000).flatMap { _ in
            words[Int.random(in: 0..<64, using: &random)]
                + (0..<2).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
    }

    @Test func shortRepeatsAreMatched() throws {
        var random = SeededRandom(seed: 7)
        let bytes = repeats(&random)
        #expect(try choice(MatchingChoice(), bytes) == .short)
        #expect(try size(bytes, .short) * 10 < size(bytes, .none) * 8)
    }

    @Test func aChoiceIsKeptUntilTheNextTrial() throws {
        var random = SeededRandom(seed: 7)
        let chance = (0..<50_000).map { _ in UInt8.random(in: 0...63, using: &random) }
        let repeats = repeats(&random)
        let kept = MatchingChoice()
        #expect(try choice(kept, chance) == .none)
        for _ in 0..<16 { #expect(try choice(kept, repeats) == .none) }
        #expect(try choice(kept, repeats) == .short)
        // Another encoding is another kind of page.
        #expect(try choice(kept, chance, .rleDictionary) == .none)
    }

    @Test func aFewBytesSayNothing() throws {
        let kept = MatchingChoice()
        #expect(try choice(kept, []) == .short)
        #expect(try choice(kept, Array(repeating: 1, count: 4095)) == .short)
    }
}
