internal import CShims
internal import Glibc

/// Texts of one column, one after the other: value i lies between `ends[i - 1]` and `ends[i]`.
struct TextRun {
    let bytes: UnsafePointer<UInt8>
    /// `ends[-1]` is valid: the end of the value before the first, or 0.
    let ends: UnsafePointer<UInt32>
    let count: Int

    @inline(__always)
    func start(_ i: Int) -> Int { Int(ends[i - 1]) }
    @inline(__always)
    func length(_ i: Int) -> Int { Int(ends[i] &- ends[i - 1]) }
}

/// PLAIN, DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY for texts (Encodings.md 0, 6, 7).
enum TextEncoder {
    static func append(_ run: TextRun, as encoding: Encoding, lengths: inout [Int64], to out: ByteBuffer) {
        switch encoding {
        case .deltaByteArray: appendDelta(run, &lengths, to: out)
        case .deltaLengthByteArray: appendLengths(run, &lengths, to: out)
        default: appendPlain(run, to: out)
        }
    }

    private static func appendPlain(_ run: TextRun, to out: ByteBuffer) {
        for i in 0..<run.count {
            var length = UInt32(run.length(i)).littleEndian
            out.append(&length, 4)
            out.append(run.bytes + run.start(i), run.length(i))
        }
    }

    private static func appendLengths(_ run: TextRun, _ lengths: inout [Int64], to out: ByteBuffer) {
        prepare(&lengths, run.count)
        for i in 0..<run.count { lengths[i] = Int64(run.length(i)) }
        DeltaEncoder.append(lengths, count: run.count, to: out)
        if run.count > 0 { out.append(run.bytes + run.start(0), run.start(run.count) - run.start(0)) }
    }

    private static func appendDelta(_ run: TextRun, _ lengths: inout [Int64], to out: ByteBuffer) {
        let n = run.count
        prepare(&lengths, 2 * n)
        for i in 0..<n {
            let shared = i == 0 ? 0 : sharedPrefix(run, i)
            lengths[i] = Int64(shared)
            lengths[n + i] = Int64(run.length(i) - shared)
        }
        lengths.withUnsafeBufferPointer { lengths in
            guard let prefixes = lengths.baseAddress else { return }
            DeltaEncoder.append(prefixes, count: n, to: out)
            DeltaEncoder.append(prefixes + n, count: n, to: out)
            for i in 0..<n {
                out.append(run.bytes + run.start(i) + Int(prefixes[i]), Int(prefixes[n + i]))
            }
        }
    }

    private static func prepare(_ lengths: inout [Int64], _ count: Int) {
        if lengths.count < count { lengths = Array(repeating: 0, count: count) }
    }

    /// Bytes that value `i` begins with and the value before it too. Reads up to seven bytes past either.
    static func sharedPrefix(_ run: TextRun, _ i: Int) -> Int {
        let a = run.bytes + run.start(i - 1)
        let b = run.bytes + run.start(i)
        let most = min(run.length(i - 1), run.length(i))
        var k = 0
        while k < most {
            let differing = tick_load64(a + k) ^ tick_load64(b + k)
            if differing != 0 { return min(most, k + differing.trailingZeroBitCount >> 3) }
            k += 8
        }
        return most
    }
}
