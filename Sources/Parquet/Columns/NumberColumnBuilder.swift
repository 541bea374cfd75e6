/// Collects a column of doubles (never NaN: no Tardis cell means it) or 64-bit integers: as indexes of a dictionary where that is
/// expected to be smaller, otherwise as words.
public final class NumberColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    public private(set) var rowCount = 0
    private var nulls = NullRuns()
    private var runs = ValueRuns()
    private let dictionary = KeyDictionary()
    private var isDictionary = true
    /// Chunks that are begun without a dictionary, after one in which it did not pay.
    private var chunksWithoutDictionary = 0

    /// Where more of the changes than this bring a number that the chunk did not have, words are smaller.
    private static let mostNewShare = 0.8
    /// Changes from which on that can be told.
    private static let leastChanges = 1280
    private static let chunksUntilTrial = 15
    /// From so many entries per row on, short repeats are worth zstd's while: they are what numbers that seldom return leave.
    private static let largeDictionaryShare = 0.25

    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
    }

    private var isDouble: Bool { field.physicalType == .double }

    // MARK: Collecting

    /// What a column's cells change to.
    public struct Changes {
        /// 64 bits each: equal keys are equal values. `nullKey` where there is none.
        public let keys: UnsafePointer<UInt64>
        /// The rows of the chunk from which on that holds, ascending.
        public let rows: UnsafePointer<UInt32>
        public let count: Int
        public let nullKey: UInt64
        /// Whether `nullKey` is among the keys.
        public let hasNulls: Bool

        public init(
            keys: UnsafePointer<UInt64>,
            rows: UnsafePointer<UInt32>,
            count: Int,
            nullKey: UInt64,
            hasNulls: Bool
        ) {
            self.keys = keys
            self.rows = rows
            self.count = count
            self.nullKey = nullKey
            self.hasNulls = hasNulls
        }

        func from(_ first: Int) -> Changes {
            Changes(keys: keys + first, rows: rows + first, count: count - first, nullKey: nullKey, hasNulls: hasNulls)
        }
    }

    /// Writes the bits of the values that some keys mean, never the null key.
    public typealias Decoder<Failure: Error> = (
        _ keys: UnsafePointer<UInt64>, _ values: UnsafeMutablePointer<UInt64>, _ count: Int
    ) throws(Failure) -> Void

    /// Adds rows up to `rowCount`, with the changes in them. The first row of a chunk is one. `decode` is asked once for a key in a
    /// dictionary, and for every change in a column without one.
    public func append<Failure: Error>(
        _ changes: Changes,
        upTo rowCount: Int,
        decode: Decoder<Failure>
    ) throws(Failure) {
        self.rowCount = rowCount
        guard changes.hasNulls else { return try appendPresent(changes, decode) }
        // Stretches between nulls.
        var i = 0
        while i < changes.count {
            var end = i
            while end < changes.count, changes.keys[end] != changes.nullKey { end += 1 }
            if end > i {
                try appendPresent(
                    Changes(
                        keys: changes.keys + i,
                        rows: changes.rows + i,
                        count: end - i,
                        nullKey: changes.nullKey,
                        hasNulls: false
                    ),
                    decode
                )
            }
            while end < changes.count, changes.keys[end] == changes.nullKey {
                nulls.turn(at: changes.rows[end], isNull: true)
                end += 1
            }
            i = end
        }
    }

    private func appendPresent<Failure: Error>(_ changes: Changes, _ decode: Decoder<Failure>) throws(Failure) {
        guard changes.count > 0 else { return }
        nulls.turn(at: changes.rows[0], isNull: false)
        var rest = changes
        if isDictionary {
            let taken = try appendIndexes(changes, decode)
            rest = changes.from(taken)
            let isHopeless =
                runs.count > Self.leastChanges && Double(dictionary.count) > Double(runs.count) * Self.mostNewShare
            if rest.count > 0 || isHopeless && runs.count >= 16_384 { leaveDictionary() }
        }
        guard rest.count > 0 else { return }
        runs.reserve(rest.count, words: true)
        try decode(rest.keys, runs.base.words + runs.count, rest.count)
        appendStarts(rest)
    }

    /// Returns how many changes the dictionary had room for.
    private func appendIndexes<Failure: Error>(_ changes: Changes, _ decode: Decoder<Failure>) throws(Failure) -> Int {
        runs.reserve(changes.count, words: false)
        let taken = dictionary.look(changes.keys, changes.count, runs.base.indexes + runs.count)
        let known = dictionary.values.count
        let new = dictionary.count - known
        if new > 0 {
            dictionary.values.reserve(new)
            try decode(dictionary.keys.base + known, dictionary.values.base + known, new)
            dictionary.values.count = known + new
        }
        appendStarts(
            Changes(keys: changes.keys, rows: changes.rows, count: taken, nullKey: changes.nullKey, hasNulls: false)
        )
        return taken
    }

    private func appendStarts(_ changes: Changes) {
        let starts = runs.base.starts + runs.count
        let lost = nulls.lost
        for i in 0..<changes.count { starts[i] = changes.rows[i] &- lost }
        runs.advance(to: runs.count + changes.count)
    }

    /// For keys that are not known to be those of values: `append` takes words as keys from now on, until the chunk is finished.
    public func leaveDictionary() {
        guard isDictionary else { return }
        runs.materialise(dictionary.values.base)
        isDictionary = false
        chunksWithoutDictionary = Self.chunksUntilTrial
    }

    // MARK: Encoding

    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let nullCount = nulls.nullCount(rowCount: rowCount)
        runs.close(valueCount: rowCount - nullCount)
        if isDictionary, runs.count > Self.leastChanges,
            Double(dictionary.count) > Double(runs.count) * Self.mostNewShare
        {
            leaveDictionary()
        }
        defer { reset() }
        return isDictionary ? try encodeDictionary(scratch, nullCount) : try encodeWords(scratch, nullCount)
    }

    private func reset() {
        rowCount = 0
        nulls.removeAll()
        isDictionary = chunksWithoutDictionary == 0
        if chunksWithoutDictionary > 0 { chunksWithoutDictionary -= 1 }
        runs.removeAll(keepingWords: !isDictionary)
        if isDictionary { dictionary.removeAll() } else { dictionary.release() }
    }

    private func encodeDictionary(_ scratch: EncoderScratch, _ nullCount: Int) throws(ParquetError) -> EncodedChunk {
        let entries = dictionary.count
        var chunk = ChunkAssembler(scratch: scratch, options: options)
        chunk.findsShortRepeats = Double(entries) > Double(rowCount) * Self.largeDictionaryShare
        try chunk.dictionaryPage(valueCount: entries) { $0.append(dictionary.values.base, 8 * entries) }
        var reader = RunReader(runs)
        let bytes = entries <= 256 ? 1 : 2
        try chunk.dataPages(rowCount: rowCount, nulls: field.isNullable ? nulls : nil, encoding: .rleDictionary) {
            reader.appendIndexes($0, bytes: bytes, to: $1)
        }
        return finish(
            chunk,
            .rleDictionary,
            UnsafeBufferPointer(start: dictionary.values.base, count: entries),
            nullCount
        )
    }

    private func encodeWords(_ scratch: EncoderScratch, _ nullCount: Int) throws(ParquetError) -> EncodedChunk {
        var chunk = ChunkAssembler(scratch: scratch, options: options)
        var reader = RunReader(runs)
        let encoding: Encoding = isDouble || !options.usesDeltas ? .plain : .deltaBinaryPacked
        try chunk.dataPages(rowCount: rowCount, nulls: field.isNullable ? nulls : nil, encoding: encoding) {
            values,
            page in
            if encoding == .plain { return reader.appendWords(values, to: page) }
            scratch.words.count = 0
            reader.appendWords(values, to: scratch.words)
            scratch.words.base.withMemoryRebound(to: Int64.self, capacity: values.count) {
                DeltaEncoder.append($0, count: values.count, to: page)
            }
        }
        return finish(chunk, encoding, UnsafeBufferPointer(start: runs.base.words, count: runs.count), nullCount)
    }

    private func finish(
        _ chunk: ChunkAssembler,
        _ encoding: Encoding,
        _ words: UnsafeBufferPointer<UInt64>,
        _ nullCount: Int
    ) -> EncodedChunk {
        let bounds = isDouble ? Bounds.ofDoubles(words) : Bounds.ofIntegers(words)
        return chunk.finish(
            rowCount: rowCount,
            encoding: encoding,
            statistics: ChunkStatistics(bounds, nullCount: nullCount),
            isNullable: field.isNullable,
            isAscending: !isDouble && nullCount == 0 && isAscending(words)
        )
    }

    /// Whether no value is less than the one before it.
    private func isAscending(_ words: UnsafeBufferPointer<UInt64>) -> Bool {
        var last = Int64.min
        for run in 0..<runs.count {
            let word = Int64(bitPattern: isDictionary ? words[Int(runs.base.indexes[run])] : words[run])
            if word < last { return false }
            last = word
        }
        return true
    }
}
