/// The RLE / bit-packing hybrid of levels and dictionary indices (Encodings.md, RLE = 3).
///
/// Values are looked at in groups of eight: a group of eight equal values begins or prolongs a run, any other goes into a
/// bit-packed stretch. Runs that begin inside a group lose at most seven values to packing, which the compressor evens out.
enum RunLengthEncoder {
    /// Bits for values up to `greatest`.
    static func width(_ greatest: Int) -> Int { greatest == 0 ? 0 : Int.bitWidth - greatest.leadingZeroBitCount }

    static func append(_ values: UnsafePointer<UInt32>, count: Int, width: Int, to out: ByteBuffer) {
        var i = 0
        while i < count {
            let run = runLength(values, from: i, count: count)
            if run >= 8 || run == count - i {
                out.appendVarint(UInt64(run) << 1)
                var rest = values[i]
                for _ in 0..<(width + 7) / 8 {
                    out.append(UInt8(truncatingIfNeeded: rest))
                    rest >>= 8
                }
                i += run
                continue
            }
            // A stretch of groups none of which is a run of its own.
            var end = i + 8
            while end < count, !(end + 8 <= count && isUniform(values + end)) { end += 8 }
            let groups = (min(end, count) - i + 7) / 8
            let packed = min(groups * 8, count - i)
            out.appendVarint(UInt64(groups) << 1 | 1)
            let start = values + i
            out.appendPacked(packed, width: width) { UInt64(start[$0]) }
            // The last group is filled up with zeros.
            let missing = groups * width - (packed * width + 7) / 8
            for _ in 0..<missing { out.append(0) }
            i += packed
        }
    }

    @inline(__always)
    private static func isUniform(_ values: UnsafePointer<UInt32>) -> Bool {
        let eight = UnsafeRawPointer(values).loadUnaligned(as: SIMD8<UInt32>.self)
        return eight == SIMD8(repeating: eight[0])
    }

    private static func runLength(_ values: UnsafePointer<UInt32>, from start: Int, count: Int) -> Int {
        let value = values[start]
        var end = start + 1
        while end < count, values[end] == value { end += 1 }
        // Whole groups only, so that packed stretches stay aligned; the tail of the page may be any length.
        return end == count ? end - start : (end - start) & ~7
    }

    /// One run of `count` times 1: the levels of a page without nulls.
    static func appendPresent(count: Int, to out: ByteBuffer) {
        out.appendVarint(UInt64(count) << 1)
        out.append(1)
    }
}
