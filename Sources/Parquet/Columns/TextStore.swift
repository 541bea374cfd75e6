internal import CShims
internal import Glibc

/// Texts of a chunk one after the other, a value each, without what a text begins with as the one before it did, if that pays:
/// DELTA_BYTE_ARRAY then, otherwise DELTA_LENGTH_BYTE_ARRAY or PLAIN (Encodings.md 7, 6, 0).
final class TextStore {
    private let name: String
    private let options: WriterOptions
    private(set) var isFrontCoded = false
    private let prefixes = GrowingArray<UInt16>(capacity: 0)
    private let suffixes = GrowingArray<UInt32>(capacity: 0)
    private let bytes = ByteBuffer(capacity: 1024)
    /// The rows with which pages begin.
    private(set) var pageStarts: [Int] = []
    /// How many bytes the pages before have used.
    private var writtenBytes = 0
    private var nextPageRow = 0
    private var pageTextBytes = 0
    /// The last value.
    private let last = ByteBuffer(capacity: 64)
    private var minimum: [UInt8]?
    private var maximum: [UInt8]?

    /// The store of the column called `name`.
    init(name: String, options: WriterOptions) {
        self.name = name
        self.options = options
    }

    var heldBytes: Int { bytes.capacity + 2 * prefixes.capacity + 4 * suffixes.capacity }

    var encoding: Encoding {
        isFrontCoded ? .deltaByteArray : options.usesDeltas ? .deltaLengthByteArray : .plain
    }

    func removeAll(isFrontCoded: Bool) {
        self.isFrontCoded = isFrontCoded
        prefixes.count = 0
        suffixes.count = 0
        bytes.release(beyond: TextColumnBuilder.mostBytesKept)
        pageStarts.removeAll(keepingCapacity: true)
        (writtenBytes, nextPageRow, pageTextBytes) = (0, 0, 0)
        last.release(beyond: TextColumnBuilder.mostBytesKept)
        minimum = nil
        maximum = nil
    }

    // MARK: Collecting

    /// Appends a text for each row from `row` to `rowCount` that has one: that before the first change is the last one again. Rows without
    /// one are noted in `nulls`.
    func append(
        _ changes: TextColumnBuilder.Changes,
        _ nulls: inout NullRuns,
        from firstRow: Int,
        upTo rowCount: Int
    ) throws(ParquetError) {
        prefixes.reserve(rowCount - firstRow)
        suffixes.reserve(rowCount - firstRow)
        // What the loop changes is in locals: a class's members are looked at and checked each time.
        let prefixes = self.prefixes.base
        let suffixes = self.suffixes.base
        let isFrontCoded = isFrontCoded
        var value = valueCount
        var (text, length) = (UnsafePointer(last.base), last.count)
        var (before, beforeLength) = (text, length)
        var (out, used, capacity) = (bytes.base, bytes.count, bytes.capacity)
        var pageText = pageTextBytes
        var row = firstRow
        for i in 0...changes.count {
            let next = i < changes.count ? Int(changes.rows[i]) : rowCount
            if nulls.isNull { row = next }
            while row < next {
                var shared = SharedPrefix.length(before, beforeLength, text, length)
                let ascends =
                    shared < min(length, beforeLength) ? before[shared] < text[shared] : beforeLength <= length
                if !ascends || value == 0 {
                    settle(text, length, before, beforeLength, isFirst: value == 0)
                }
                if row >= nextPageRow || pageText >= options.pageTextBytes {
                    // A page's first text stands alone.
                    beginPages(upTo: row, isFull: pageText >= options.pageTextBytes)
                    shared = 0
                    pageText = 0
                }
                shared = isFrontCoded ? min(shared, Int(UInt16.max)) : 0
                let rest = length &- shared
                if used &+ rest > capacity {
                    guard used + rest <= TextColumnBuilder.mostBytes else { throw Self.tooMuch(name) }
                    bytes.count = used
                    bytes.reserve(rest)
                    (out, capacity) = (bytes.base, bytes.capacity)
                }
                if rest <= 16 {
                    tick_store64(out + used, tick_load64(text + shared))
                    tick_store64(out + used + 8, tick_load64(text + shared + 8))
                } else {
                    memcpy(out + used, text + shared, rest)
                }
                used &+= rest
                prefixes[value] = UInt16(truncatingIfNeeded: shared)
                suffixes[value] = UInt32(truncatingIfNeeded: rest)
                value &+= 1
                pageText &+= length
                (before, beforeLength) = (text, length)
                row &+= 1
            }
            guard i < changes.count else { break }
            let new = Int(changes.ends[i] &- changes.starts[i])
            nulls.turn(at: changes.rows[i], isNull: new == 0)
            if new > 0 { (text, length) = (changes.base + Int(changes.starts[i]), new) }
        }
        bytes.count = used
        self.prefixes.count = value
        self.suffixes.count = value
        pageTextBytes = pageText
        // The changes' texts go away.
        guard before != UnsafePointer(last.base) else { return }
        last.count = 0
        last.append(before, beforeLength)
    }

    static func tooMuch(_ name: String) -> ParquetError {
        ParquetError("column \(name) holds more than 2 GiB of text in one row group")
    }

    private var valueCount: Int { suffixes.count }

    /// Begins the pages up to the one that `row` lies in; with `isFull` it begins one itself.
    @inline(never)
    private func beginPages(upTo row: Int, isFull: Bool = false) {
        while nextPageRow <= row {
            pageStarts.append(nextPageRow)
            nextPageRow += options.pageRows
        }
        guard isFull, pageStarts.last != row else { return }
        pageStarts.append(row)
        nextPageRow = row + options.pageRows
    }

    /// The chunk ends with `rowCount` rows; the last may have no text.
    func finishPages(rowCount: Int) { beginPages(upTo: rowCount - 1) }

    /// Widens the bounds: a stretch of ascending texts has ended with `before`, and another begins with `text`. In a stretch, and ids
    /// mostly are one, only the first and the last matter.
    @inline(never)
    private func settle(
        _ text: UnsafePointer<UInt8>,
        _ length: Int,
        _ before: UnsafePointer<UInt8>,
        _ beforeLength: Int,
        isFirst: Bool
    ) {
        if !isFirst { raise(UnsafeBufferPointer(start: before, count: beforeLength)) }
        let text = UnsafeBufferPointer(start: text, count: length)
        let isLess = minimum.map { $0.withUnsafeBufferPointer { TextOrder.isLess(text, $0) } } ?? true
        if isLess { minimum = TextOrder.bound(text) }
    }

    private func raise(_ text: UnsafeBufferPointer<UInt8>) {
        let isGreater = maximum.map { $0.withUnsafeBufferPointer { TextOrder.isLess($0, text) } } ?? true
        if isGreater { maximum = TextOrder.bound(text) }
    }

    var bounds: Bounds? {
        guard valueCount > 0 else { return nil }
        raise(UnsafeBufferPointer(start: last.base, count: last.count))
        guard let minimum, let maximum else { return nil }
        return Bounds(minimum: minimum, maximum: maximum)
    }

    // MARK: Encoding

    /// Appends the next page's values.
    func appendPage(_ values: Range<Int>, to page: ByteBuffer) {
        let lengths = suffixes.base + values.lowerBound
        var size = 0
        for i in 0..<values.count { size += Int(lengths[i]) }
        defer { writtenBytes += size }
        if encoding == .plain {
            page.reserve(size + 4 * values.count)
            var from = bytes.base + writtenBytes
            for i in 0..<values.count {
                page.append32(lengths[i])
                page.append(from, Int(lengths[i]))
                from += Int(lengths[i])
            }
            return
        }
        if isFrontCoded { DeltaEncoder.append(prefixes.base + values.lowerBound, count: values.count, to: page) }
        DeltaEncoder.append(lengths, count: values.count, to: page)
        page.append(bytes.base + writtenBytes, size)
    }
}
