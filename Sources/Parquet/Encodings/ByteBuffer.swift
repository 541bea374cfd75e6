internal import CShims
internal import Glibc

/// Growing bytes for the encoders: no bounds checks, no copy on write, kept from page to page by its owner.
final class ByteBuffer {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    var count = 0

    /// Encoders may store whole words past the end of what they mean to write.
    static let slack = 64

    init(capacity: Int = 1 << 16) {
        self.capacity = capacity
        base = Memory.resized(nil, to: capacity + Self.slack)
    }

    deinit { Memory.free(base) }

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    /// Room for `extra` bytes beyond `count`; pointers taken before are void.
    @inline(__always)
    func reserve(_ extra: Int) {
        if count &+ extra > capacity { grow(extra) }
    }

    @inline(never)
    private func grow(_ extra: Int) {
        capacity = max(count + extra, capacity * 2)
        base = Memory.resized(base, to: capacity + Self.slack)
    }

    /// Empties the buffer, and gives its memory back if it is more than `limit`.
    func release(beyond limit: Int) {
        count = 0
        guard capacity > limit else { return }
        capacity = 1 << 10
        base = Memory.resized(base, to: capacity + Self.slack)
    }

    func append(_ source: UnsafeRawPointer, _ length: Int) {
        reserve(length)
        memcpy(base + count, source, length)
        count += length
    }

    func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    func store32(_ value: UInt32, at offset: Int) {
        UnsafeMutableRawPointer(base + offset).storeBytes(of: value.littleEndian, as: UInt32.self)
    }

    func appendVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            base[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        base[count] = UInt8(rest)
        count += 1
    }

    func appendZigzag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    func append32(_ value: UInt32) {
        reserve(4)
        store32(value, at: count)
        count += 4
    }
}
