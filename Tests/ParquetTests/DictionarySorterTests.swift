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
        // Prices in cents.
        var prices: Set<Double> = []
        while prices.count < distinct {
            prices.insert(Double(Int.random(in: 1_638_400..<3_276_800, using: &random)) / 100)
        }
        let values = sorted(prices.shuffled(using: &random).map(\.bitPattern), asDoubles: true)
        let isAscending = values.map(Double.init(bitPattern:)) == prices.sorted()
        #expect(isAscending)
        // Spreads may be below zero.
        let spreads = prices.map { $0 - 24_576 }
        let below = sorted(spreads.map(\.bitPattern), asDoubles: true).map(Double.init(bitPattern:)).prefix { $0 < 0 }
            .count
        #expect(below == spreads.filter { $0 < 0 }.count)
    }

    @Test func valuesFarFromTheOthersAreNotLost() {
        var doubles = (0..<30_000).map { Double($0) / 8 } + [.greatestFiniteMagnitude, -.greatestFiniteMagnitude]
        doubles.append(.leastNonzeroMagnitude)
        let values = sorted(doubles.map(\.bitPattern), asDoubles: true).map(Double.init(bitPattern:))
        #expect(values.first == -.greatestFiniteMagnitude && values.last == .greatestFiniteMagnitude)
        // What is a thousandth apart is in order, even so.
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 * 1.001 || $1 < 1 })
    }

    @Test func integersAreAscending() {
        let integers: [Int64] = [7, 0, -1, 1 << 20, 256, -256, 1 << 19]
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
