/// Collects 64-bit values, as dictionary indices where that is expected to be smaller. Generic inside the module only, so that
/// it is always specialised.
final class FixedWidthColumn<Value: FixedWidthValue> {
    let field: Field
    private let options: WriterOptions
    private var choice = EncodingChoice()
    /// Whether values of the current chunk are kept as `indices` into `dictionary`, or as `words`.
    private var isDictionary = true
    private var presence = PresenceRecorder()
    private let dictionary = FixedWidthDictionary()
    private let indices = GrowingArray<UInt32>(capacity: 4096)
    private let words = GrowingArray<UInt64>(capacity: 0)
    private var pages: [Page] = []
    private var lastWord: UInt64 = 0
    private var lastIndex: UInt32 = 0
    private var isAscending = true

    private struct Page {
        var firstValue: Int
        var minimum: UInt64 = 0
        var maximum: UInt64 = 0
        var isEmpty = true
        var nullCount = 0
    }

    /// A dictionary with more entries than this share of the values never pays.
    private static var hopelessShare: Double { 0.6 }

    init(field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
    }

    var rowCount: Int { presence.rowCount }

    private var valueCount: Int { isDictionary ? indices.count : words.count }

    // MARK: Collecting

    func append(_ values: UnsafePointer<UInt64>, present: UnsafePointer<UInt8>?, count: Int) {
        var done = 0
        while done < count {
            let inPage = rowCount % options.pageRows
            if inPage == 0 { pages.append(Page(firstValue: valueCount)) }
            let n = min(count - done, options.pageRows - inPage)
            if let present {
                appendSparse(values + done, present + done, n)
            } else {
                appendDense(values + done, n)
                presence.addPresent(n)
            }
            done += n
        }
        if isDictionary, rowCount >= 16_384,
            Double(dictionary.values.count) > Double(indices.count) * Self.hopelessShare
        {
            leaveDictionary()
        }
    }

    /// Stretches of values between nulls.
    private func appendSparse(_ values: UnsafePointer<UInt64>, _ present: UnsafePointer<UInt8>, _ count: Int) {
        var i = 0
        while i < count {
            if present[i] == 0 {
                presence.addNull()
                pages[pages.count - 1].nullCount += 1
                i += 1
                continue
            }
            var end = i + 1
            while end < count, present[end] != 0 { end += 1 }
            appendDense(values + i, end - i)
            presence.addPresent(end - i)
            i = end
        }
    }

    private func appendDense(_ values: UnsafePointer<UInt64>, _ count: Int) {
        let page = pages.count - 1
        let first = Value(word: values[0])
        var least = first
        var greatest = first
        if !pages[page].isEmpty {
            least = min(least, Value(word: pages[page].minimum))
            greatest = max(greatest, Value(word: pages[page].maximum))
        }
        var ascending = isAscending && (valueCount == 0 || !(first < Value(word: lastWord)))
        var last = lastWord
        if isDictionary {
            indices.reserve(count)
            let out = indices.base + indices.count
            // The first value of a chunk has no index to repeat.
            var index = indices.count == 0 ? dictionary.index(of: values[0]) : lastIndex
            if indices.count == 0 { last = values[0] }
            for i in 0..<count {
                let word = values[i]
                if word != last {
                    let value = Value(word: word)
                    if value < least { least = value }
                    if greatest < value { greatest = value }
                    if value < Value(word: last) { ascending = false }
                    index = dictionary.index(of: word)
                    last = word
                }
                out[i] = index
            }
            lastIndex = index
            indices.count += count
        } else {
            words.reserve(count)
            let out = words.base + words.count
            var previous = first
            for i in 0..<count {
                let value = Value(word: values[i])
                if value < least { least = value }
                if greatest < value { greatest = value }
                if value < previous { ascending = false }
                previous = value
                out[i] = values[i]
            }
            last = values[count - 1]
            words.count += count
        }
        lastWord = last
        isAscending = ascending
        pages[page].minimum = bits(least)
        pages[page].maximum = bits(greatest)
        pages[page].isEmpty = false
    }

    @inline(__always)
    private func bits(_ value: Value) -> UInt64 { unsafeBitCast(value, to: UInt64.self) }

    private func leaveDictionary() {
        materialise()
        isDictionary = false
        indices.count = 0
    }

    /// Fills `words` from the indices.
    private func materialise() {
        words.count = 0
        words.reserve(indices.count)
        let source = dictionary.values.base
        for i in 0..<indices.count { words.base[i] = source[Int(indices.base[i])] }
        words.count = indices.count
    }

    // MARK: Encoding

    func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let chunk: EncodedChunk
        if !isDictionary {
            chunk = try encodeRaw(scratch)
        } else if choice.isTrial, dictionary.values.count > 1 {
            let small = try encodeDictionary(scratch)
            materialise()
            let raw = try encodeRaw(scratch)
            chunk = small.bytes.count <= raw.bytes.count ? small : raw
        } else {
            chunk = try encodeDictionary(scratch)
        }
        choice.chunkDone(dictionary: chunk.dictionaryPageSize > 0)
        reset()
        return chunk
    }

    private func reset() {
        isDictionary = choice.collectsDictionary
        presence.removeAll()
        // What the next chunk is not collected in is given back: with many files at once it adds up.
        words.count = 0
        if isDictionary {
            dictionary.removeAll()
            indices.count = 0
            words.release()
        } else {
            dictionary.release()
            indices.release()
        }
        pages.removeAll(keepingCapacity: true)
        isAscending = true
    }

    private func encodeDictionary(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let size = dictionary.values.count
        let width = RunLengthEncoder.width(max(0, size - 1))
        var chunk = ChunkAssembler(scratch: scratch, options: options)
        try chunk.dictionaryPage(valueCount: size) { $0.append(dictionary.values.base, 8 * size) }
        return try encodePages(chunk, .rleDictionary) { range, page in
            page.append(UInt8(width))
            RunLengthEncoder.append(indices.base + range.lowerBound, count: range.count, width: width, to: page)
        }
    }

    private func encodeRaw(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let chunk = ChunkAssembler(scratch: scratch, options: options)
        let encoding = options.usesDeltas ? Value.rawEncoding : .plain
        return try encodePages(chunk, encoding) { range, page in
            let start = UnsafeRawPointer(words.base + range.lowerBound)
            if encoding == .plain {
                page.append(start, 8 * range.count)
            } else {
                DeltaEncoder.append(start.assumingMemoryBound(to: Int64.self), count: range.count, to: page)
            }
        }
    }

    private func encodePages(
        _ assembler: ChunkAssembler,
        _ encoding: Encoding,
        _ fill: (Range<Int>, ByteBuffer) -> Void
    ) throws(ParquetError) -> EncodedChunk {
        var chunk = assembler
        try chunk.dataPages(
            starts: pages.enumerated().map { PageStart(row: $0 * options.pageRows, value: $1.firstValue) },
            valueCount: valueCount,
            rowCount: rowCount,
            presence: presence.presence(isNullable: field.isNullable),
            encoding: encoding,
            fill
        )
        let filled = pages.filter { !$0.isEmpty }
        let least = filled.map { Value(word: $0.minimum) }.min()
        let greatest = filled.map { Value(word: $0.maximum) }.max()
        return chunk.finish(
            rowCount: rowCount,
            encoding: encoding,
            bounds: pages.map { page in
                page.isEmpty
                    ? PageBounds(nullCount: page.nullCount)
                    : PageBounds(
                        minimum: Value(word: page.minimum).boundBytes(isMinimum: true),
                        maximum: Value(word: page.maximum).boundBytes(isMinimum: false),
                        nullCount: page.nullCount
                    )
            },
            statistics: ChunkStatistics(
                minimum: least?.boundBytes(isMinimum: true),
                maximum: greatest?.boundBytes(isMinimum: false),
                nullCount: Int64(presence.nullCount)
            ),
            boundaryOrder: isAscending ? .ascending : .unordered,
            isNullable: field.isNullable,
            isAscending: isAscending && presence.nullCount == 0
        )
    }
}
