/// Runs of equal values, of which each has the number of its first value (nulls not counted) and a dictionary index or a word.
struct ValueRuns {
    private let starts = GrowingArray<UInt32>(capacity: 0)
    private let indexes = GrowingArray<UInt16>(capacity: 0)
    private let words = GrowingArray<UInt64>(capacity: 0)
    private(set) var count = 0

    /// Where the runs lie, as plain pointers: hot loops hold these in registers.
    var base:
        (
            starts: UnsafeMutablePointer<UInt32>, indexes: UnsafeMutablePointer<UInt16>,
            words: UnsafeMutablePointer<UInt64>
        )
    {
        (starts.base, indexes.base, words.base)
    }

    /// Room for `extra` more runs with indexes, or with words; `base` is another afterwards.
    func reserve(_ extra: Int, words wantsWords: Bool) {
        // One more: `close` marks where the last run ends.
        reserve(starts, extra + 1)
        if wantsWords { reserve(words, extra) } else { reserve(indexes, extra) }
    }

    private func reserve(_ array: GrowingArray<some BitwiseCopyable>, _ extra: Int) {
        array.count = count
        array.reserve(extra)
    }

    /// `count` runs have been written through `base`.
    mutating func advance(to count: Int) { self.count = count }

    /// The last run ends with value `valueCount`.
    func close(valueCount: Int) {
        reserve(starts, 1)
        starts.base[count] = UInt32(valueCount)
    }

    mutating func removeAll(keepingWords: Bool) {
        count = 0
        // What the next chunk is not collected in is given back: with many files at once it adds up.
        if keepingWords { indexes.release() } else { words.release() }
    }

    /// Gives each index another number.
    func renumber(_ ranks: UnsafePointer<UInt16>) {
        let indexes = indexes.base
        for run in 0..<count { indexes[run] = ranks[Int(indexes[run])] }
    }

    /// Fills the words from the indexes; runs have words from now on.
    func materialise(_ values: UnsafePointer<UInt64>) {
        words.count = 0
        words.reserve(count)
        for run in 0..<count { words.base[run] = values[Int(indexes.base[run])] }
    }
}

/// Writes the values of runs, page after page.
struct RunReader {
    private let starts: UnsafePointer<UInt32>
    private let indexes: UnsafePointer<UInt16>
    private let words: UnsafePointer<UInt64>
    private let count: Int
    /// The run of the next value.
    private var run = 0

    /// From this mean length on runs are written as runs; shorter ones are smaller, and slower to read.
    private static let leastMeanRun = 4

    init(_ runs: ValueRuns) {
        (starts, indexes, words) = (
            UnsafePointer(runs.base.starts), UnsafePointer(runs.base.indexes), UnsafePointer(runs.base.words)
        )
        count = runs.count
    }

    /// How many runs the values `values` lie in, the next of which is the first.
    private func runs(in values: Range<Int>) -> Int {
        // The first run that begins behind them.
        var low = run
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if Int(starts[middle]) < values.upperBound { low = middle + 1 } else { high = middle }
        }
        return low - run
    }

    /// Appends dictionary indexes of whole bytes, behind their width: as runs where these are long, as one packed run otherwise.
    /// Values that do not straddle bytes are what makes them compress.
    mutating func appendIndexes(_ values: Range<Int>, bytes: Int, to page: ByteBuffer) {
        page.append(UInt8(8 * bytes))
        if runs(in: values) * Self.leastMeanRun <= values.count {
            appendRuns(values, bytes: bytes, to: page)
            return
        }
        let groups = (values.count + 7) / 8
        page.appendVarint(UInt64(groups) << 1 | 1)
        page.reserve(groups * 8 * bytes)
        let out = UnsafeMutableRawPointer(page.base + page.count)
        let indexes = indexes
        if bytes == 1 {
            fill(values, out) { SIMD32(repeating: UInt8(truncatingIfNeeded: indexes[$0])) }
        } else {
            fill(values, out) { SIMD16(repeating: indexes[$0]) }
        }
        // The last group is filled up with zeros.
        let used = values.count * bytes
        (out + used).initializeMemory(as: UInt8.self, repeating: 0, count: groups * 8 * bytes - used)
        page.count += groups * 8 * bytes
    }

    /// Appends values as they are, eight bytes each.
    mutating func appendWords(_ values: Range<Int>, to page: ByteBuffer) {
        page.reserve(8 * values.count)
        let words = words
        fill(values, UnsafeMutableRawPointer(page.base + page.count)) { SIMD4(repeating: words[$0]) }
        page.count += 8 * values.count
    }

    /// Writes each value of a run, as often as it is long: whole vectors, the last of which goes up to 31 bytes too far.
    @inline(__always)
    private mutating func fill<Vector: SIMD>(
        _ values: Range<Int>,
        _ out: UnsafeMutableRawPointer,
        _ vector: (Int) -> Vector
    ) where Vector.Scalar: BitwiseCopyable {
        let size = MemoryLayout<Vector.Scalar>.size
        let width = MemoryLayout<Vector>.size
        var place = out
        var value = values.lowerBound
        while value < values.upperBound {
            let runEnd = Int(starts[run &+ 1])
            let end = min(runEnd, values.upperBound)
            let repeated = vector(run)
            let stop = place + (end &- value) &* size
            while place < stop {
                place.storeBytes(of: repeated, as: Vector.self)
                place += width
            }
            place = stop
            if runEnd <= values.upperBound { run &+= 1 }
            value = end
        }
    }

    private mutating func appendRuns(_ values: Range<Int>, bytes: Int, to page: ByteBuffer) {
        var value = values.lowerBound
        while value < values.upperBound {
            page.reserve(8)
            let runEnd = Int(starts[run &+ 1])
            let end = min(runEnd, values.upperBound)
            var out = page.base + page.count
            var head = UInt64(truncatingIfNeeded: end &- value) &<< 1
            while head > 0x7F {
                out.pointee = UInt8(truncatingIfNeeded: head) | 0x80
                out += 1
                head &>>= 7
            }
            out.pointee = UInt8(truncatingIfNeeded: head)
            out[1] = UInt8(truncatingIfNeeded: indexes[run])
            out[2] = UInt8(truncatingIfNeeded: indexes[run] &>> 8)
            page.count = out - page.base + 1 + bytes
            if runEnd <= values.upperBound { run &+= 1 }
            value = end
        }
    }
}
