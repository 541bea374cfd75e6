/// Puts the entries of a dictionary in the order in which pages compress best: the few that are used far more often than the others by
/// their frequency, then the rest by value.
///
/// The indexes of neighbouring prices are then neighbours, and round amounts have the smallest ones, so that the high byte of an index is
/// nearly always one of a few; and the dictionary itself is ascending. Readers do not mind any order. Working memory of one thread.
final class DictionarySorter {
    private struct Item: BitwiseCopyable {
        var key: UInt64
        var entry: Int
    }

    /// The entries' values in their new order.
    let values = GrowingArray<UInt64>(capacity: 0)
    /// For each entry its new number.
    let ranks = GrowingArray<UInt16>(capacity: 0)
    private let uses = GrowingArray<UInt32>(capacity: 0)
    private let items = GrowingArray<Item>(capacity: 0)
    private let spare = GrowingArray<Item>(capacity: 0)
    private let digitCounts = GrowingArray<UInt32>(capacity: 8 * 256)

    /// Runs from which on an entry may be one of the frequent ones: with 32 neighbours in price would be torn apart, with 128 fewer round
    /// amounts would be small.
    private static let leastUses: UInt32 = 64
    /// And how much more than the mean that has to be. Where all entries are about as frequent their order would be one of chance.
    private static let leastShare = 2

    func sort(_ dictionary: KeyDictionary, usedBy runs: ValueRuns, asDoubles: Bool) {
        let count = dictionary.count
        reserve(values, count)
        reserve(ranks, count)
        countUses(runs, count)
        let mean = runs.count / max(1, count)
        let least = max(Self.leastUses, UInt32(clamping: mean * Self.leastShare))
        var frequent: [Item] = []
        reserve(items, count)
        reserve(spare, count)
        var rest = 0
        for entry in 0..<count {
            if uses.base[entry] >= least {
                frequent.append(Item(key: UInt64(uses.base[entry]), entry: entry))
            } else {
                items.base[rest] = Item(key: Self.key(dictionary.values.base[entry], asDoubles), entry: entry)
                rest += 1
            }
        }
        frequent.sort { ($1.key, $0.entry) < ($0.key, $1.entry) }
        let sorted = sortByKey(rest)
        for (rank, item) in frequent.enumerated() { place(item, rank, dictionary) }
        for i in 0..<rest { place(sorted[i], frequent.count + i, dictionary) }
        values.count = count
    }

    private func place(_ item: Item, _ rank: Int, _ dictionary: KeyDictionary) {
        values.base[rank] = dictionary.values.base[item.entry]
        ranks.base[item.entry] = UInt16(truncatingIfNeeded: rank)
    }

    private func reserve(_ array: GrowingArray<some BitwiseCopyable>, _ count: Int) {
        array.count = 0
        array.reserve(count)
    }

    private func countUses(_ runs: ValueRuns, _ count: Int) {
        reserve(uses, count)
        let uses = uses.base
        uses.update(repeating: 0, count: count)
        let indexes = runs.base.indexes
        for run in 0..<runs.count { uses[Int(indexes[run])] &+= 1 }
    }

    /// A number whose order is that of the values.
    @inline(__always)
    private static func key(_ word: UInt64, _ asDoubles: Bool) -> UInt64 {
        let sign: UInt64 = 1 << 63
        return asDoubles && word & sign != 0 ? ~word : word ^ sign
    }

    /// Sorts the first items, byte by byte from the lowest on; bytes that all keys share are left out.
    private func sortByKey(_ count: Int) -> UnsafeMutablePointer<Item> {
        var (from, to) = (items.base, spare.base)
        let counts = digitCounts.base
        counts.update(repeating: 0, count: 8 * 256)
        for i in 0..<count {
            let key = from[i].key
            for digit in 0..<8 { counts[256 &* digit &+ Int(key &>> UInt64(8 &* digit) & 0xFF)] &+= 1 }
        }
        for digit in 0..<8 {
            let shift = UInt64(8 * digit)
            let places = counts + 256 * digit
            if count > 0, places[Int(from[0].key &>> shift & 0xFF)] == UInt32(count) { continue }
            var place: UInt32 = 0
            for value in 0..<256 { (places[value], place) = (place, place &+ places[value]) }
            for i in 0..<count {
                let value = Int(from[i].key &>> shift & 0xFF)
                to[Int(places[value])] = from[i]
                places[value] &+= 1
            }
            swap(&from, &to)
        }
        return from
    }
}
