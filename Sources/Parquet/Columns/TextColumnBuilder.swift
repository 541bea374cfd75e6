internal import Glibc

/// Collects a column of UTF-8 text, as dictionary indexes where that is expected to be smaller. An empty text is a missing one.
public final class TextColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    private let matching = MatchingChoice()
    public private(set) var rowCount = 0
    private var nulls = NullRuns()
    private var runs = ValueRuns()
    private let dictionary = TextDictionary()
    private var usage = DictionaryUsage(mostDistinct: 0.5)
    /// The texts themselves, when there is no dictionary.
    private let store: TextStore
    /// Bytes of all values, as many times as they occur, up to the last change: what they take without a dictionary.
    private var expandedBytes = 0

    /// Longer values are not kept as bounds: they would bloat the footer.
    static let longestBound = 64
    /// Texts of a chunk may not outgrow 32-bit offsets, with a dictionary or without.
    static let mostBytes = Int(Int32.max)
    /// A dictionary is expanded only as far as this: 65 texts of 60 kB are 4 MB in a dictionary and 7.8 GB without one.
    static let mostExpandedBytes = 64 << 20
    /// A dictionary of more bytes does not pay, as it must be read before the first row.
    private static let mostDictionaryBytes = 16 << 20
    /// Changes after which a chunk's share of distinct values is known well enough.
    private static let leastChanges = 4096
    /// Memory that is kept from chunk to chunk.
    static let mostBytesKept = 8 << 20

    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
        store = TextStore(name: field.name, options: options)
    }

    private var isDictionary: Bool { usage.isOn }

    /// The memory that the current chunk takes, to be watched by tests.
    var heldBytes: Int { store.heldBytes + dictionary.bytes.capacity + 6 * runs.count }

    // MARK: Collecting

    /// What a column's cells change to: texts that lie in `base`, after which 16 more bytes may be read.
    public struct Changes {
        public let base: UnsafePointer<UInt8>
        public let starts: UnsafePointer<UInt32>
        public let ends: UnsafePointer<UInt32>
        /// The rows of the chunk from which on they are that, ascending.
        public let rows: UnsafePointer<UInt32>
        public let count: Int

        public init(
            base: UnsafePointer<UInt8>,
            starts: UnsafePointer<UInt32>,
            ends: UnsafePointer<UInt32>,
            rows: UnsafePointer<UInt32>,
            count: Int
        ) {
            self.base = base
            self.starts = starts
            self.ends = ends
            self.rows = rows
            self.count = count
        }

        func from(_ first: Int) -> Changes {
            Changes(base: base, starts: starts + first, ends: ends + first, rows: rows + first, count: count - first)
        }
    }

    /// Adds rows up to `rowCount`, with the changes in them. The first row of a chunk is one.
    public func append(_ changes: Changes, upTo rowCount: Int) throws(ParquetError) {
        var rest = changes
        if isDictionary {
            rest = rest.from(try appendIndexes(changes, upTo: rowCount))
            let isHopeless =
                runs.count >= Self.leastChanges && usage.isTooDistinct(dictionary.count, of: runs.count)
                || dictionary.bytes.count > Self.mostDictionaryBytes
            let known = rest.count > 0 ? Int(rest.rows[0]) : rowCount
            self.rowCount = known
            guard rest.count > 0 || isHopeless && expandedBytes <= Self.mostExpandedBytes else { return }
            try leaveDictionary(upTo: known)
        }
        try store.append(rest, &nulls, from: self.rowCount, upTo: rowCount)
        self.rowCount = rowCount
    }

    /// Returns how many changes the dictionary had room for.
    private func appendIndexes(_ changes: Changes, upTo rowCount: Int) throws(ParquetError) -> Int {
        runs.reserve(changes.count, words: false)
        let (starts, indexes, _) = runs.base
        var run = runs.count
        var nulls = self.nulls
        var expanded = expandedBytes
        var i = 0
        while i < changes.count {
            let row = changes.rows[i]
            let length = Int(changes.ends[i] &- changes.starts[i])
            nulls.turn(at: row, isNull: length == 0)
            if length > 0 {
                guard let index = dictionary.index(of: changes.base + Int(changes.starts[i]), length) else { break }
                starts[run] = row &- nulls.lost
                indexes[run] = index
                run &+= 1
                let next = i + 1 < changes.count ? Int(changes.rows[i + 1]) : rowCount
                expanded += length * (next - Int(row))
            }
            i &+= 1
        }
        self.nulls = nulls
        expandedBytes = expanded
        runs.advance(to: run)
        guard expanded <= Self.mostBytes else { throw TextStore.tooMuch(field.name) }
        return i
    }

    /// Moves the chunk's rows up to `rowCount` to the store.
    private func leaveDictionary(upTo rowCount: Int) throws(ParquetError) {
        usage.giveUp()
        store.removeAll(isFrontCoded: options.usesDeltas && dictionary.sharesPrefixes)
        runs.close(valueCount: rowCount - nulls.nullCount(rowCount: rowCount))
        // As changes, once more.
        let again = ChangesOfRuns(runs, nulls, dictionary, upTo: rowCount)
        defer { withExtendedLifetime(again) {} }
        var nullsAgain = NullRuns()
        try store.append(again.changes, &nullsAgain, from: 0, upTo: rowCount)
    }

    /// The changes that runs and nulls were made of.
    private final class ChangesOfRuns {
        private let dictionary: TextDictionary
        private let starts = GrowingArray<UInt32>(capacity: 4096)
        private let ends = GrowingArray<UInt32>(capacity: 4096)
        private let rows = GrowingArray<UInt32>(capacity: 4096)

        init(_ runs: ValueRuns, _ nulls: NullRuns, _ dictionary: TextDictionary, upTo rowCount: Int) {
            self.dictionary = dictionary
            var run = 0
            var row = 0
            nulls.forEachStretch(upTo: rowCount) { stretch, firstValue in
                if stretch.lowerBound > row { append(0..<0, row: row) }
                row = stretch.lowerBound
                while row < stretch.upperBound {
                    let runEnd = Int(runs.base.starts[run + 1]) + stretch.lowerBound - firstValue
                    append(dictionary.range(Int(runs.base.indexes[run])), row: row)
                    if runEnd <= stretch.upperBound { run += 1 }
                    row = min(runEnd, stretch.upperBound)
                }
            }
            if rowCount > row { append(0..<0, row: row) }
        }

        private func append(_ text: Range<UInt32>, row: Int) {
            for (array, value) in [(starts, text.lowerBound), (ends, text.upperBound), (rows, UInt32(row))] {
                array.reserve(1)
                array.base[array.count] = value
                array.count += 1
            }
        }

        var changes: Changes {
            Changes(
                base: dictionary.bytes.base,
                starts: starts.base,
                ends: ends.base,
                rows: rows.base,
                count: rows.count
            )
        }
    }

    // MARK: Encoding

    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        defer { reset() }
        let nullCount = nulls.nullCount(rowCount: rowCount)
        runs.close(valueCount: rowCount - nullCount)
        var chunk = ChunkAssembler(scratch: scratch, options: options, matching: matching)
        let levels = field.isNullable ? nulls : nil
        let encoding: Encoding
        let bounds: Bounds?
        if isDictionary {
            encoding = .rleDictionary
            try chunk.dictionaryPage(valueCount: dictionary.count) { dictionary.appendPlain(to: $0) }
            var reader = RunReader(runs)
            let bytes = dictionary.count <= 256 ? 1 : 2
            try chunk.dataPages(rowCount: rowCount, nulls: levels, encoding: encoding) {
                reader.appendIndexes($0, bytes: bytes, to: $1)
            }
            bounds = dictionary.bounds
        } else {
            encoding = store.encoding
            store.finishPages(rowCount: rowCount)
            try chunk.dataPages(starts: store.pageStarts, rowCount: rowCount, nulls: levels, encoding: encoding) {
                store.appendPage($0, to: $1)
            }
            bounds = store.bounds
        }
        let isKept = max(bounds?.minimum.count ?? 0, bounds?.maximum.count ?? 0) <= Self.longestBound
        return chunk.finish(
            rowCount: rowCount,
            encoding: encoding,
            statistics: ChunkStatistics(isKept ? bounds : nil, nullCount: nullCount),
            isNullable: field.isNullable,
            isAscending: false
        )
    }

    private func reset() {
        rowCount = 0
        nulls.removeAll()
        usage.nextChunk()
        runs.removeAll(keepingWords: false)
        dictionary.removeAll()
        store.removeAll(isFrontCoded: store.isFrontCoded)
        expandedBytes = 0
    }
}
