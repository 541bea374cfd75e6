internal import CShims
internal import Glibc

/// Distinct texts of a chunk in order of appearance, as many as 16-bit indexes can name.
final class TextDictionary {
    let bytes = ByteBuffer(capacity: 4096)
    /// `ends.base[0]` is 0; text i ends at `ends.base[i + 1]`.
    private let ends = GrowingArray<UInt32>(capacity: 256)
    /// Of each text: itself, when it has up to seven bytes, or its hash.
    private let tags = GrowingArray<UInt64>(capacity: 256)
    /// Open addressing, at most half full: text + 1, 0 being none.
    private var slots: UnsafeMutablePointer<UInt16>
    private var slotBits: Int

    private static let initialBits = 9
    private static let mostTexts = 65_535

    init() {
        slotBits = Self.initialBits
        slots = .allocate(capacity: 1 << Self.initialBits)
        removeAll()
    }

    deinit { slots.deallocate() }

    var count: Int { tags.count }

    func range(_ index: Int) -> Range<UInt32> { ends.base[index]..<ends.base[index + 1] }

    func text(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let range = range(index)
        return UnsafeBufferPointer(start: bytes.base + Int(range.lowerBound), count: range.count)
    }

    func removeAll() {
        bytes.release(beyond: TextColumnBuilder.mostBytesKept)
        ends.base[0] = 0
        ends.count = 1
        tags.count = 0
        resize(Self.initialBits)
    }

    private func resize(_ bits: Int) {
        slots.deallocate()
        slotBits = bits
        slots = .allocate(capacity: 1 << bits)
        slots.initialize(repeating: 0, count: 1 << bits)
        for i in 0..<count {
            var slot = place(tags.base[i])
            while slots[slot] != 0 { slot = (slot + 1) & ((1 << bits) - 1) }
            slots[slot] = UInt16(i + 1)
        }
    }

    @inline(__always)
    private func place(_ tag: UInt64) -> Int {
        Int(truncatingIfNeeded: (tag &* 0x9E37_79B9_7F4A_7C15) &>> UInt64(64 &- slotBits))
    }

    /// The number of the text, new or not; nil when there is no room for it. Up to seven bytes past it are read.
    func index(of text: UnsafePointer<UInt8>, _ length: Int) -> UInt16? {
        let isShort = length <= 7
        let tag =
            isShort
            ? tick_load64(text) & ((1 &<< UInt64(truncatingIfNeeded: 8 &* length)) &- 1)
                | UInt64(truncatingIfNeeded: length) &<< 56
            : Self.hash(text, length)
        let mask = (1 &<< slotBits) &- 1
        var slot = place(tag)
        while slots[slot] != 0 {
            let entry = Int(slots[slot]) &- 1
            if tags.base[entry] == tag, isShort || isEqual(entry, text, length) {
                return UInt16(truncatingIfNeeded: entry)
            }
            slot = (slot &+ 1) & mask
        }
        return insert(text, length, tag, slot)
    }

    private func isEqual(_ entry: Int, _ text: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        let range = range(entry)
        return range.count == length && memcmp(bytes.base + Int(range.lowerBound), text, length) == 0
    }

    @inline(never)
    private func insert(_ text: UnsafePointer<UInt8>, _ length: Int, _ tag: UInt64, _ slot: Int) -> UInt16? {
        guard count < Self.mostTexts, bytes.count <= TextColumnBuilder.mostBytes - length else { return nil }
        bytes.append(text, length)
        ends.reserve(1)
        ends.base[ends.count] = UInt32(bytes.count)
        ends.count += 1
        tags.reserve(1)
        tags.base[tags.count] = tag
        tags.count += 1
        slots[slot] = UInt16(count)
        if count * 2 > 1 << slotBits { resize(slotBits + 1) }
        return UInt16(count - 1)
    }

    /// Of a text of eight bytes and more. Its top bit is set, which no shorter text's tag has.
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
        return state | 1 << 63
    }

    // MARK: Encoding

    func appendPlain(to page: ByteBuffer) {
        for i in 0..<count {
            let text = text(i)
            guard let base = text.baseAddress else { continue }
            page.append32(UInt32(text.count))
            page.append(base, text.count)
        }
    }

    /// Whether texts share at least a quarter of their bytes with the one before, so that leaving these out pays. UUIDs share none.
    var sharesPrefixes: Bool {
        let sample = min(count, 4096)
        var shared = 0
        for i in 1..<max(1, sample) {
            let (a, b) = (text(i - 1), text(i))
            if let first = a.baseAddress, let second = b.baseAddress {
                shared += SharedPrefix.length(first, a.count, second, b.count)
            }
        }
        return sample > 1 && shared * 4 >= Int(ends.base[sample])
    }

    var bounds: Bounds? {
        guard count > 0 else { return nil }
        var (least, greatest) = (text(0), text(0))
        for i in 1..<count {
            let text = text(i)
            if TextOrder.isLess(text, least) { least = text }
            if TextOrder.isLess(greatest, text) { greatest = text }
        }
        return Bounds(minimum: TextOrder.bound(least), maximum: TextOrder.bound(greatest))
    }
}

/// The order of texts in statistics: that of their bytes.
enum TextOrder {
    static func isLess(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = a.baseAddress, let second = b.baseAddress else { return a.count < b.count }
        let order = memcmp(first, second, min(a.count, b.count))
        return order < 0 || order == 0 && a.count < b.count
    }

    /// The text as a bound. Of one that is too long to be a bound, just so much is kept that this shows.
    static func bound(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        Array(text.prefix(TextColumnBuilder.longestBound + 1))
    }
}

enum SharedPrefix {
    /// Bytes that two texts both begin with. Reads up to seven bytes past either.
    @inline(__always)
    static func length(_ a: UnsafePointer<UInt8>, _ aLength: Int, _ b: UnsafePointer<UInt8>, _ bLength: Int) -> Int {
        let most = min(aLength, bLength)
        var k = 0
        while k < most {
            let differing = tick_load64(a + k) ^ tick_load64(b + k)
            if differing != 0 { return min(most, k &+ differing.trailingZeroBitCount &>> 3) }
            k &+= 8
        }
        return most
    }
}
