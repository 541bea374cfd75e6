/// Distinct keys of a chunk, in order of appearance, and their values: open addressing, at most a quarter full, with 16-bit slots, as
/// a table that stays in the cache is what makes it fast.
final class KeyDictionary {
    /// What a slot can name: entry + 1, 0 being none.
    static let mostEntries = 65_535
    private static let initialBits = 10

    let keys = GrowingArray<UInt64>(capacity: 0)
    /// Values of `keys`, of as many as have been given one.
    let values = GrowingArray<UInt64>(capacity: 0)
    private var slots: UnsafeMutablePointer<UInt16>
    private var slotBits: Int

    init() {
        slotBits = Self.initialBits
        slots = .allocate(capacity: 1 << Self.initialBits)
        slots.initialize(repeating: 0, count: 1 << Self.initialBits)
    }

    deinit { slots.deallocate() }

    var count: Int { keys.count }

    /// Empties the dictionary; the table keeps its size.
    func removeAll() {
        keys.count = 0
        values.count = 0
        slots.update(repeating: 0, count: 1 << slotBits)
    }

    /// Empties the dictionary and gives its memory back.
    func release() {
        keys.release()
        values.release()
        resize(Self.initialBits)
    }

    /// Writes the entries of keys, new ones or not, to `indexes`; returns how many keys there was room for.
    func look(_ wanted: UnsafePointer<UInt64>, _ wantedCount: Int, _ indexes: UnsafeMutablePointer<UInt16>) -> Int {
        var i = 0
        while i < wantedCount {
            var count = keys.count
            let limit = min(Self.mostEntries, 1 << (slotBits - 2))
            keys.reserve(limit - count)
            let slots = self.slots
            let known = keys.base
            let shift = UInt64(64 &- slotBits)
            let mask = (1 &<< slotBits) &- 1
            while i < wantedCount {
                let key = wanted[i]
                var slot = Int(truncatingIfNeeded: Self.hash(key) &>> shift)
                var entry = slots[slot]
                while entry != 0, known[Int(entry) &- 1] != key {
                    slot = (slot &+ 1) & mask
                    entry = slots[slot]
                }
                if entry == 0 {
                    if count == limit { break }
                    known[count] = key
                    count &+= 1
                    entry = UInt16(truncatingIfNeeded: count)
                    slots[slot] = entry
                }
                indexes[i] = entry &- 1
                i &+= 1
            }
            keys.count = count
            if i < wantedCount {
                if count == Self.mostEntries { return i }
                resize(slotBits + 1)
            }
        }
        return i
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> UInt64 { key &* 0x9E37_79B9_7F4A_7C15 }

    private func resize(_ bits: Int) {
        slots.deallocate()
        slotBits = bits
        slots = .allocate(capacity: 1 << bits)
        slots.initialize(repeating: 0, count: 1 << bits)
        let mask = (1 << bits) - 1
        for entry in 0..<keys.count {
            var slot = Int(truncatingIfNeeded: Self.hash(keys.base[entry]) >> UInt64(64 - bits))
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt16(entry + 1)
        }
    }
}
