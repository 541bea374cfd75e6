/// Puts the entries of a dictionary in the order in which pages compress best: the few that are used far more often than the others by
/// their frequency, then the rest by value.
///
/// The indexes of neighbouring prices are then neighbours, and round amounts have the smallest ones, so that the high byte of an index is
/// nearly always one of a few; and the dictionary itself is ascending. Readers do not mind any order. Working memory of one thread.
final class DictionarySorter {
    /// The entries' values in their new order.
    let values = GrowingArray<UInt64>(capacity: 0)
    /// For each entry its new number.
    let ranks = GrowingArray<UInt16>(capacity: 0)
    private let uses = GrowingArray<UInt32>(capacity: 0)
    private let keys = GrowingArray<UInt64>(capacity: 0)
    private let items = GrowingArray<UInt64>(capacity: 0)
    private let spare = GrowingArray<UInt64>(capacity: 0)
    private let digitCounts = GrowingArray<UInt32>(capacity: 3 << digitBits)

    private static let digitBits = 11
    private static let entryBits = 16
    /// Runs from which on an entry may be one of the frequent ones: with 32 neighbours in price would be torn apart, with 128 fewer round
    /// amounts would be small.
    private static let leastUses: UInt32 = 64
    /// And how much more than the mean that has to be. Where all entries are about as frequent their order would be one of chance.
    private static let leastShare = 2

    func sort(_ dictionary: KeyDictionary, usedBy runs: ValueRuns, asDoubles: Bool) {
        let count = dictionary.count
        for array in [values, keys, items, spare] { reserve(array, count) }
        reserve(ranks, count)
        countUses(runs, count)
        let least = max(Self.leastUses, UInt32(clamping: runs.count / max(1, count) * Self.leastShare))
        var frequent: [(uses: UInt32, entry: Int)] = []
        var rest = 0
        for entry in 0..<count {
            if uses.base[entry] >= least {
                frequent.append((uses.base[entry], entry))
            } else {
                keys.base[rest] = Self.key(dictionary.values.base[entry], asDoubles)
                items.base[rest] = UInt64(entry)
                rest += 1
            }
        }
        frequent.sort { ($1.uses, $0.entry) < ($0.uses, $1.entry) }
        for (rank, item) in frequent.enumerated() { place(item.entry, rank, dictionary) }
        let sorted = sortByKey(rest)
        for i in 0..<rest { place(Int(sorted[i] & 0xFFFF), frequent.count + i, dictionary) }
        values.count = count
    }

    private func place(_ entry: Int, _ rank: Int, _ dictionary: KeyDictionary) {
        values.base[rank] = dictionary.values.base[entry]
        ranks.base[entry] = UInt16(truncatingIfNeeded: rank)
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

    /// Sorts the first items, which are entries, by their keys: by the upper 33 bits of what lies between the least and the greatest, or
    /// 22 of few. Where these are the same the order is that of the entries, which costs nothing: neighbours are neighbours.
    private func sortByKey(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        var (from, to) = (items.base, spare.base)
        guard count > 1 else { return from }
        let digits = count < 1 << 14 ? 2 : 3
        let keys = keys.base
        var (least, greatest) = (keys[0], keys[0])
        for i in 1..<count { (least, greatest) = (min(least, keys[i]), max(greatest, keys[i])) }
        let width = UInt64.bitWidth - (greatest - least).leadingZeroBitCount
        let surplus = UInt64(max(0, width - digits * Self.digitBits))
        let (digitBits, entryBits) = (UInt64(Self.digitBits), UInt64(Self.entryBits))
        let digitMask = (1 << digitBits) - 1 as UInt64
        let counts = digitCounts.base
        counts.update(repeating: 0, count: digits << Self.digitBits)
        for i in 0..<count {
            let key = (keys[i] &- least) &>> surplus
            from[i] |= key &<< entryBits
            for digit in 0..<digits {
                counts[digit &<< Self.digitBits &+ Int(key &>> (UInt64(digit) &* digitBits) & digitMask)] &+= 1
            }
        }
        for digit in 0..<digits {
            let shift = entryBits + UInt64(digit) * digitBits
            let places = counts + (digit << Self.digitBits)
            if places[Int(from[0] &>> shift & digitMask)] == UInt32(count) { continue }
            var place: UInt32 = 0
            for value in 0...Int(digitMask) { (places[value], place) = (place, place &+ places[value]) }
            for i in 0..<count {
                let value = Int(from[i] &>> shift & digitMask)
                to[Int(places[value])] = from[i]
                places[value] &+= 1
            }
            swap(&from, &to)
        }
        return from
    }
}
