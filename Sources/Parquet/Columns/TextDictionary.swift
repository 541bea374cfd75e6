internal import CShims
internal import Glibc

/// Distinct texts of a chunk in order of appearance.
final class TextDictionary {
    let bytes = ByteBuffer(capacity: 4096)
    /// `ends.base[0]` is 0; text i ends at `ends.base[i + 1]`.
    let ends = GrowingArray<UInt32>(capacity: 256)
    private var slots: [UInt32] = []

    init() { removeAll() }

    var count: Int { ends.count - 1 }

    var run: TextRun { TextRun(bytes: bytes.base, ends: ends.base + 1, count: count) }

    func removeAll() {
        bytes.release(beyond: TextColumnBuilder.mostBytesKept)
        ends.base[0] = 0
        ends.count = 1
        slots = Array(repeating: 0, count: 512)
    }

    /// The number of the text, new or not. Up to seven bytes past it are read.
    func index(of text: UnsafePointer<UInt8>, _ length: Int) -> UInt32 {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(text, length) >> 20) & mask
        while slots[slot] != 0 {
            let entry = Int(slots[slot]) - 1
            let start = Int(ends.base[entry])
            if Int(ends.base[entry + 1]) - start == length, memcmp(bytes.base + start, text, length) == 0 {
                return UInt32(entry)
            }
            slot = (slot + 1) & mask
        }
        bytes.append(text, length)
        ends.reserve(1)
        ends.base[ends.count] = UInt32(bytes.count)
        ends.count += 1
        slots[slot] = UInt32(count)
        let number = UInt32(count - 1)
        if count * 2 > slots.count { grow() }
        return number
    }

    private func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for i in 0..<count {
            let start = Int(ends.base[i])
            var slot =
                Int(truncatingIfNeeded: Self.hash(bytes.base + start, Int(ends.base[i + 1]) - start) >> 20) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(i + 1)
        }
    }

    private static func hash(_ text: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
        var done = 0
        while done < length {
            var word = tick_load64(text + done)
            if length - done < 8 { word &= (1 << UInt64(8 * (length - done))) - 1 }
            state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
            state ^= state >> 32
            done += 8
        }
        return state &* 0x9E37_79B9_7F4A_7C15
    }
}
