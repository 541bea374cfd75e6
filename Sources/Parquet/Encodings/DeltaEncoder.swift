/// DELTA_BINARY_PACKED (Encodings.md, DELTA_BINARY_PACKED = 5): blocks of 128 differences in four miniblocks of 32.
enum DeltaEncoder {
    private static let blockSize = 128
    private static let miniblocks = 4
    private static let miniblockSize = 32

    static func append(_ values: UnsafePointer<Int64>, count: Int, to out: ByteBuffer) {
        out.appendVarint(UInt64(blockSize))
        out.appendVarint(UInt64(miniblocks))
        out.appendVarint(UInt64(count))
        out.appendZigzag(count > 0 ? values[0] : 0)
        guard count > 1 else { return }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockSize) { block in
            guard let deltas = block.baseAddress else { return }
            var i = 1
            while i < count {
                let n = min(blockSize, count - i)
                appendBlock(values + i, n, deltas, to: out)
                i += n
            }
        }
    }

    /// One block: `values[-1]` is the value before it.
    private static func appendBlock(
        _ values: UnsafePointer<Int64>,
        _ n: Int,
        _ deltas: UnsafeMutablePointer<UInt64>,
        to out: ByteBuffer
    ) {
        var least = Int64.max
        for k in 0..<n {
            let delta = values[k] &- values[k - 1]
            deltas[k] = UInt64(bitPattern: delta)
            least = min(least, delta)
        }
        for k in 0..<n { deltas[k] &-= UInt64(bitPattern: least) }
        for k in n..<blockSize { deltas[k] = 0 }
        out.appendZigzag(least)
        let widthsAt = out.count
        for _ in 0..<miniblocks { out.append(0) }
        for m in 0..<miniblocks where m * miniblockSize < n {
            let mini = deltas + m * miniblockSize
            var bits: UInt64 = 0
            for k in 0..<miniblockSize { bits |= mini[k] }
            let width = 64 - bits.leadingZeroBitCount
            out.base[widthsAt + m] = UInt8(width)
            out.appendPacked(miniblockSize, width: width) { mini[$0] }
        }
    }
}
