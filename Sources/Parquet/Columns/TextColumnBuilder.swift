internal import CShims
internal import Glibc

/// Collects a column of UTF-8 text, as dictionary indices where that is expected to be smaller. An empty text is a missing one.
public final class TextColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    private var choice = EncodingChoice()
    private var isDictionary = true
    private var presence = PresenceRecorder()
    private let dictionary = TextDictionary()
    private let indices = GrowingArray<UInt32>(capacity: 4096)
    private let bytes = ByteBuffer(capacity: 1024)
    /// `ends.base[0]` is 0; value i ends at `ends.base[i + 1]`.
    private let ends = GrowingArray<UInt32>(capacity: 1024)
    private var pages: [Page] = []
    /// Bytes of all values since the last chunk, as many times as they occur: what they take without a dictionary.
    private var textBytes = 0
    private var pageTextBytes = 0

    /// Where a page begins, and the first bytes of its least and greatest value.
    private struct Page {
        var start: PageStart
        var minimum: [UInt8]?
        var maximum: [UInt8]?
        var nullCount = 0
    }

    /// Longer values are not kept as bounds: they would bloat the footer.
    private static let longestBound = 64
    /// Texts of a chunk may not outgrow 32-bit offsets, with a dictionary or without.
    private static let mostBytes = Int(Int32.max)
    /// A dictionary is expanded only as far as this: 65 texts of 60 kB are 4 MB in a dictionary and 7.8 GB without one.
    static let mostExpandedBytes = 64 << 20
    /// A dictionary of more bytes does not pay, as it must be read before the first row.
    private static let mostDictionaryBytes = 16 << 20
    /// Memory that is kept from chunk to chunk.
    static let mostBytesKept = 8 << 20

    /// An empty column.
    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
        ends.base[0] = 0
        ends.count = 1
    }

    /// Rows collected since the last chunk.
    public var rowCount: Int { presence.rowCount }

    private var valueCount: Int { isDictionary ? indices.count : ends.count - 1 }

    /// The memory that the current chunk takes, to be watched by tests.
    var heldBytes: Int {
        bytes.capacity + dictionary.bytes.capacity + 4 * (indices.capacity + ends.capacity)
    }

    // MARK: Collecting

    /// Adds a block: text i is the bytes `starts[i] ..< ends[i]` of `base`, after which eight more bytes may be read.
    public func append(
        base: UnsafePointer<UInt8>,
        starts: UnsafePointer<UInt32>,
        ends textEnds: UnsafePointer<UInt32>,
        count: Int
    ) throws(ParquetError) {
        var done = 0
        while done < count {
            beginPageIfFull()
            let first = pages[pages.count - 1].start.row
            let most = min(count - done, options.pageRows - (rowCount - first))
            let (n, size) = fitting(starts + done, textEnds + done, most)
            // Before anything is kept.
            guard size <= Self.mostBytes - textBytes else {
                throw ParquetError("column \(field.name) holds more than 2 GiB of text in one row group")
            }
            if isDictionary {
                appendIndices(base, starts + done, textEnds + done, n)
            } else {
                appendRaw(base, starts + done, textEnds + done, n)
            }
            textBytes += size
            pageTextBytes += size
            done += n
        }
        let isHopeless = rowCount >= 4096 && dictionary.count > indices.count / 2
        if isDictionary, isHopeless || dictionary.bytes.count > Self.mostDictionaryBytes,
            textBytes <= Self.mostExpandedBytes
        {
            leaveDictionary()
        }
    }

    private func beginPageIfFull() {
        if let last = pages.last, rowCount - last.start.row < options.pageRows, pageTextBytes < options.pageTextBytes {
            return
        }
        pages.append(Page(start: PageStart(row: rowCount, value: valueCount)))
        pageTextBytes = 0
    }

    /// How many of `count` texts the page still takes, at least one, and their bytes.
    private func fitting(
        _ starts: UnsafePointer<UInt32>,
        _ ends: UnsafePointer<UInt32>,
        _ count: Int
    ) -> (count: Int, bytes: Int) {
        var size = 0
        for i in 0..<count { size &+= Int(ends[i] &- starts[i]) }
        guard size > options.pageTextBytes - pageTextBytes else { return (count, size) }
        size = 0
        for i in 0..<count {
            size += Int(ends[i] &- starts[i])
            if size >= options.pageTextBytes - pageTextBytes { return (i + 1, size) }
        }
        return (count, size)
    }

    private func appendIndices(
        _ base: UnsafePointer<UInt8>,
        _ starts: UnsafePointer<UInt32>,
        _ ends: UnsafePointer<UInt32>,
        _ count: Int
    ) {
        indices.reserve(count)
        var out = indices.base + indices.count
        var last = base
        var lastLength = -1
        var index: UInt32 = 0
        var present = 0
        for i in 0..<count {
            let text = base + Int(starts[i])
            let length = Int(ends[i] &- starts[i])
            if length == 0 {
                presence.addPresent(present)
                present = 0
                presence.addNull()
                pages[pages.count - 1].nullCount += 1
                continue
            }
            if length != lastLength || !isEqual(text, last, length) {
                index = dictionary.index(of: text, length)
                note(text, length)
                last = text
                lastLength = length
            }
            out.pointee = index
            out += 1
            present += 1
        }
        presence.addPresent(present)
        indices.count = out - indices.base
    }

    private func appendRaw(
        _ base: UnsafePointer<UInt8>,
        _ starts: UnsafePointer<UInt32>,
        _ textEnds: UnsafePointer<UInt32>,
        _ count: Int
    ) {
        ends.reserve(count)
        for i in 0..<count {
            let text = base + Int(starts[i])
            let length = Int(textEnds[i] &- starts[i])
            if length == 0 {
                presence.addNull()
                pages[pages.count - 1].nullCount += 1
                continue
            }
            bytes.append(text, length)
            ends.base[ends.count] = UInt32(bytes.count)
            ends.count += 1
            presence.addPresent(1)
            note(text, length)
        }
    }

    @inline(__always)
    private func isEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        if length <= 8 {
            return (tick_load64(a) ^ tick_load64(b)) << UInt64(64 &- 8 &* length) == 0
        }
        return memcmp(a, b, length) == 0
    }

    /// Widens the page's bounds by a value. Of a value that is too long to be a bound, just so much is kept that this shows.
    private func note(_ text: UnsafePointer<UInt8>, _ fullLength: Int) {
        let length = min(fullLength, Self.longestBound + 1)
        let page = pages.count - 1
        if let minimum = pages[page].minimum, let maximum = pages[page].maximum {
            if Self.isLess(text, length, minimum) {
                pages[page].minimum = Array(UnsafeBufferPointer(start: text, count: length))
            } else if Self.isGreater(text, length, maximum) {
                pages[page].maximum = Array(UnsafeBufferPointer(start: text, count: length))
            }
        } else {
            let value = Array(UnsafeBufferPointer(start: text, count: length))
            pages[page].minimum = value
            pages[page].maximum = value
        }
    }

    @inline(__always)
    private static func isLess(_ text: UnsafePointer<UInt8>, _ length: Int, _ bound: [UInt8]) -> Bool {
        bound.withUnsafeBytes { bound in
            guard let base = bound.baseAddress else { return false }
            let order = memcmp(text, base, min(length, bound.count))
            return order < 0 || order == 0 && length < bound.count
        }
    }

    @inline(__always)
    private static func isGreater(_ text: UnsafePointer<UInt8>, _ length: Int, _ bound: [UInt8]) -> Bool {
        bound.withUnsafeBytes { bound in
            guard let base = bound.baseAddress else { return false }
            let order = memcmp(text, base, min(length, bound.count))
            return order > 0 || order == 0 && length > bound.count
        }
    }

    private func leaveDictionary() {
        materialise()
        isDictionary = false
        indices.count = 0
    }

    /// Fills the raw values from the indices.
    private func materialise() {
        bytes.count = 0
        ends.count = 1
        ends.reserve(indices.count)
        for i in 0..<indices.count {
            let entry = Int(indices.base[i])
            let start = Int(dictionary.ends.base[entry])
            bytes.append(dictionary.bytes.base + start, Int(dictionary.ends.base[entry + 1]) - start)
            ends.base[ends.count] = UInt32(bytes.count)
            ends.count += 1
        }
    }

    // MARK: Encoding

    /// Encodes what was collected, and starts an empty chunk.
    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let chunk: EncodedChunk
        if !isDictionary {
            chunk = try encodeRaw(scratch)
        } else if choice.isTrial, dictionary.count > 64, textBytes <= Self.mostExpandedBytes {
            let small = try encodeDictionary(scratch)
            materialise()
            isDictionary = false
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
        dictionary.removeAll()
        indices.count = 0
        bytes.release(beyond: Self.mostBytesKept)
        ends.count = 1
        pages.removeAll(keepingCapacity: true)
        textBytes = 0
        pageTextBytes = 0
    }

    private func encodeDictionary(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let width = RunLengthEncoder.width(max(0, dictionary.count - 1))
        var chunk = ChunkAssembler(scratch: scratch, options: options)
        try chunk.dictionaryPage(valueCount: dictionary.count) {
            TextEncoder.append(dictionary.run, as: .plain, lengths: &scratch.lengths, to: $0)
        }
        return try encodePages(chunk, .rleDictionary) { range, page in
            page.append(UInt8(width))
            RunLengthEncoder.append(indices.base + range.lowerBound, count: range.count, width: width, to: page)
        }
    }

    private func encodeRaw(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let encoding = rawEncoding()
        return try encodePages(ChunkAssembler(scratch: scratch, options: options), encoding) { range, page in
            let run = TextRun(bytes: bytes.base, ends: ends.base + 1 + range.lowerBound, count: range.count)
            TextEncoder.append(run, as: encoding, lengths: &scratch.lengths, to: page)
        }
    }

    /// Shared prefixes pay from a quarter of the bytes on; UUIDs share none.
    private func rawEncoding() -> Encoding {
        guard options.usesDeltas else { return .plain }
        let run = TextRun(bytes: bytes.base, ends: ends.base + 1, count: ends.count - 1)
        var shared = 0
        let sample = min(run.count, 4096)
        guard sample > 1 else { return .deltaLengthByteArray }
        for i in 1..<sample { shared += TextEncoder.sharedPrefix(run, i) }
        return shared * 4 >= run.start(sample) ? .deltaByteArray : .deltaLengthByteArray
    }

    private func encodePages(
        _ assembler: ChunkAssembler,
        _ encoding: Encoding,
        _ fill: (Range<Int>, ByteBuffer) -> Void
    ) throws(ParquetError) -> EncodedChunk {
        var chunk = assembler
        try chunk.dataPages(
            starts: pages.map(\.start),
            valueCount: valueCount,
            rowCount: rowCount,
            presence: presence.presence(isNullable: field.isNullable),
            encoding: encoding,
            fill
        )
        let minimum = pages.compactMap(\.minimum).min { $0.lexicographicallyPrecedes($1) }
        let maximum = pages.compactMap(\.maximum).max { $0.lexicographicallyPrecedes($1) }
        let isKept = max(minimum?.count ?? 0, maximum?.count ?? 0) <= Self.longestBound
        let arePagesKept = pages.allSatisfy { max($0.minimum?.count ?? 0, $0.maximum?.count ?? 0) <= Self.longestBound }
        return chunk.finish(
            rowCount: rowCount,
            encoding: encoding,
            bounds: pages.map {
                PageBounds(
                    minimum: arePagesKept ? $0.minimum : nil,
                    maximum: arePagesKept ? $0.maximum : nil,
                    nullCount: $0.nullCount
                )
            },
            statistics: ChunkStatistics(
                minimum: isKept ? minimum : nil,
                maximum: isKept ? maximum : nil,
                nullCount: Int64(presence.nullCount)
            ),
            boundaryOrder: .unordered,
            isNullable: field.isNullable,
            isAscending: false
        )
    }
}
