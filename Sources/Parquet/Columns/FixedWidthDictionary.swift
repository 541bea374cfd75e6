/// Distinct 64-bit words of a chunk in order of appearance: open addressing, at most half full.
final class FixedWidthDictionary {
    let values = GrowingArray<UInt64>(capacity: 1024)
    private var slots: UnsafeMutablePointer<UInt32>
    private var slotBits: Int

    private static let initialBits = 11

    init() {
        slotBits = Self.initialBits
        slots = .allocate(capacity: 1 << Self.initialBits)
        slots.initialize(repeating: 0, count: 1 << Self.initialBits)
    }

    deinit { slots.deallocate() }

    func removeAll() {
        values.count = 0
        slots.update(repeating: 0, count: 1 << slotBits)
    }

    /// Empties the dictionary and gives its memory back.
    func release() {
        values.release()
        slots.deallocate()
        slotBits = Self.initialBits
        slots = .allocate(capacity: 1 << Self.initialBits)
        slots.initialize(repeating: 0, count: 1 << Self.initialBits)
    }

    /// The number of `word`, new or not.
    @inline(__always)
    func index(of word: UInt64) -> UInt32 {
        let mask = (1 << slotBits) &- 1
        var slot = Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 &- slotBits))
        while true {
            let entry = slots[slot]
            if entry == 0 { return insert(word, slot) }
            if values.base[Int(entry) &- 1] == word { return entry &- 1 }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(never)
    private func insert(_ word: UInt64, _ slot: Int) -> UInt32 {
        values.reserve(1)
        values.base[values.count] = word
        values.count += 1
        slots[slot] = UInt32(values.count)
        if values.count * 2 > 1 << slotBits { grow() }
        return UInt32(values.count - 1)
    }

    private func grow() {
        slots.deallocate()
        slotBits += 1
        slots = .allocate(capacity: 1 << slotBits)
        slots.initialize(repeating: 0, count: 1 << slotBits)
        let mask = (1 << slotBits) - 1
        for i in 0..<values.count {
            var slot = Int(truncatingIfNeeded: (values.base[i] &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - slotBits))
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(i + 1)
        }
    }
}
