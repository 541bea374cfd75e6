internal import CShims
internal import Glibc

/// DELTA_BINARY_PACKED (Encodings.md, DELTA_BINARY_PACKED = 5): blocks of 128 differences in four miniblocks of 32.
enum DeltaEncoder {
    private static let blockSize = 128
    private static let miniblocks = 4
    private static let miniblockSize = 32
    /// The bytes of a block at most: least difference, widths, 64 bits a value, and what `pack` writes too much.
    private static let mostBlockBytes = 10 + miniblocks + 8 * blockSize + 8

    /// How many bits a miniblock's values take.
    enum Widths {
        /// As few as will do.
        case tight
        /// Whole bytes: zstd then finds differences that return, as those of times in whole milliseconds do. Beyond 24 bits none do, and
        /// fastparquet reads no more than 27.
        case wholeBytes
    }

    static func append<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: UnsafePointer<Value>,
        count: Int,
        widths: Widths = .tight,
        to out: ByteBuffer
    ) {
        out.appendVarint(UInt64(blockSize))
        out.appendVarint(UInt64(miniblocks))
        out.appendVarint(UInt64(count))
        out.appendZigzag(count > 0 ? Int64(values[0]) : 0)
        guard count > 1 else { return }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockSize) { block in
            guard let deltas = block.baseAddress else { return }
            var i = 1
            while i < count {
                let n = min(blockSize, count - i)
                appendBlock(values + i, n, deltas, widths, to: out)
                i += n
            }
        }
    }

    /// One block: `values[-1]` is the value before it.
    private static func appendBlock<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: UnsafePointer<Value>,
        _ n: Int,
        _ deltas: UnsafeMutablePointer<UInt64>,
        _ rule: Widths,
        to out: ByteBuffer
    ) {
        out.reserve(mostBlockBytes)
        // Lengths hardly ever change: where all neighbours are equal there is nothing to pack.
        if memcmp(values, values - 1, n * MemoryLayout<Value>.stride) == 0 {
            (out.base + out.count).update(repeating: 0, count: 1 + miniblocks)
            out.count += 1 + miniblocks
            return
        }
        var least = Int64.max
        for k in 0..<n {
            let delta = Int64(truncatingIfNeeded: values[k]) &- Int64(truncatingIfNeeded: values[k &- 1])
            deltas[k] = UInt64(bitPattern: delta)
            least = delta < least ? delta : least
        }
        let floor = UInt64(bitPattern: least)
        for k in 0..<n { deltas[k] &-= floor }
        for k in n..<max(n, blockSize) { deltas[k] = 0 }
        out.appendZigzag(least)
        let widths = out.base + out.count
        var place = widths + miniblocks
        for m in 0..<miniblocks {
            let mini = deltas + m &* miniblockSize
            var bits: UInt64 = 0
            for k in 0..<miniblockSize { bits |= mini[k] }
            var width = m &* miniblockSize < n ? 64 &- bits.leadingZeroBitCount : 0
            if rule == .wholeBytes, width <= 24 { width = (width &+ 7) & ~7 }
            widths[m] = UInt8(truncatingIfNeeded: width)
            place = pack(mini, width, place)
        }
        out.count = place - out.base
    }

    /// 32 values of `width` bits each, least significant bit first, to `place`; returns where they end. Writes up to eight bytes more.
    private static func pack(
        _ values: UnsafePointer<UInt64>,
        _ width: Int,
        _ place: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var packer = Packer(place: place)
        let w = UInt64(truncatingIfNeeded: width)
        var k = 0
        switch width {
        case 0: break
        case 1...14:
            while k < miniblockSize {
                let two = values[k] | values[k &+ 1] &<< w
                packer.put(two | (values[k &+ 2] | values[k &+ 3] &<< w) &<< (2 &* w), bits: 4 &* w)
                k &+= 4
            }
        case 15...28:
            while k < miniblockSize {
                packer.put(values[k] | values[k &+ 1] &<< w, bits: 2 &* w)
                k &+= 2
            }
        case 29...56:
            while k < miniblockSize {
                packer.put(values[k], bits: w)
                k &+= 1
            }
        default:
            // Wider than the accumulator takes beside a rest of seven bits: in halves.
            while k < miniblockSize {
                packer.put(values[k] & 0xFFFF_FFFF, bits: 32)
                packer.put(values[k] >> 32, bits: w &- 32)
                k &+= 1
            }
        }
        return packer.place
    }

    /// Bits that are put one behind the other; at most 56 at a time.
    private struct Packer {
        var place: UnsafeMutablePointer<UInt8>
        private var word: UInt64 = 0
        private var filled: UInt64 = 0

        init(place: UnsafeMutablePointer<UInt8>) { self.place = place }

        @inline(__always)
        mutating func put(_ value: UInt64, bits: UInt64) {
            word |= value &<< filled
            tick_store64(place, word)
            filled &+= bits
            place += Int(truncatingIfNeeded: filled &>> 3)
            word &>>= filled & 56
            filled &= 7
        }
    }
}
