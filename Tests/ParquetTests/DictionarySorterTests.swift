import Testing

@testable import Parquet

/// The order of a dictionary's entries: the few frequent ones by frequency, the rest by value.
struct DictionarySorterTests {
    private let sorter = DictionarySorter()

    /// Sorts the dictionary of a column with these words, a run each; checks that each entry has a number of its own, and returns the
    /// values in their new order.
    private func sorted(_ words: [UInt64], asDoubles: Bool) -> [UInt64] {
        let dictionary = KeyDictionary()
        var runs = ValueRuns()
        runs.reserve(words.count, words: false)
        #expect(dictionary.look(words, words.count, runs.base.indexes) == words.count)
        runs.advance(to: words.count)
        dictionary.values.reserve(dictionary.count)
        for entry in 0..<dictionary.count { dictionary.values.base[entry] = dictionary.keys.base[entry] }
        dictionary.values.count = dictionary.count

        sorter.sort(dictionary, usedBy: runs, asDoubles: asDoubles)
        runs.renumber(sorter.ranks.base)
        let values = (0..<sorter.values.count).map { sorter.values.base[$0] }
        #expect((0..<words.count).map { values[Int(runs.base.indexes[$0])] } == words)
        #expect(Set(values) == Set(words) && values.count == Set(words).count)
        return values
    }

    @Test(arguments: [1, 2, 100, 257, 5000, 65_535])
    func rareDoublesAreAscending(distinct: Int) {
        var random = SeededRandom(seed: UInt64(distinct))
        var doubles = Set([0.0, -Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, -1.5].prefix(distinct))
        while doubles.count < distinct {
            doubles.insert(Double(Int.random(in: -9_000_000...9_000_000, using: &random)) / 1000)
        }
        let values = sorted(doubles.shuffled(using: &random).map(\.bitPattern), asDoubles: true)
        #expect(values.map(Double.init(bitPattern:)) == doubles.sorted())
    }

    @Test func integersAreAscending() {
        let integers: [Int64] = [7, .min, 0, -1, .max, 256, -256, 1 << 40]
        let values = sorted(integers.map(UInt64.init(bitPattern:)), asDoubles: false)
        #expect(values.map(Int64.init(bitPattern:)) == integers.sorted())
    }

    @Test func theFrequentOnesComeFirst() {
        // 1000 prices once each, and three round amounts a hundred times and more.
        let rare = (0..<1000).map { Double($0) + 0.25 }
        let words =
            (rare.reversed() + [Double](repeating: 500, count: 100) + [Double](repeating: 2, count: 300)
                + [Double](repeating: 900, count: 200))
        let values = sorted(words.map(\.bitPattern), asDoubles: true)
        #expect(values.map(Double.init(bitPattern:)) == [2, 900, 500] + rare)
    }

    @Test func whereAllAreAboutAsFrequentNoneGoesFirst() {
        var random = SeededRandom(seed: 5)
        let words = (0..<20_000).map { _ in Double(Int.random(in: 0..<100, using: &random)).bitPattern }
        #expect(sorted(words, asDoubles: true).map(Double.init(bitPattern:)) == (0..<100).map(Double.init))
    }
}
