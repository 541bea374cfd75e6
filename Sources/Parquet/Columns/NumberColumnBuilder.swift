/// Collects a column of doubles (never NaN: no Tardis cell means it) or 64-bit integers: as indexes of a dictionary where that is
/// expected to be smaller, otherwise as words.
public final class NumberColumnBuilder: ColumnBuilder {
    public let field: Field
    private let options: WriterOptions
    private let matching = MatchingChoice()
    public private(set) var rowCount = 0
    private var nulls = NullRuns()
    private var runs = ValueRuns()
    private let dictionary = KeyDictionary()
    private var usage = DictionaryUsage(mostDistinct: 0.8)

    /// Changes after which a chunk's share of distinct values is known well enough.
    private static let leastChanges = 1280

    public init(_ field: Field, options: WriterOptions) {
        self.field = field
        self.options = options
    }

    private var isDictionary: Bool { usage.isOn }
    private var isDouble: Bool { field.physicalType == .double }

    // MARK: Collecting

    /// What a column's cells change to, in memory that the builder may write to.
    public struct Changes {
        /// 64 bits each: equal keys are equal values. `nullKey` where there is none.
        let keys: UnsafeMutablePointer<UInt64>
        /// The rows of the chunk from which on that holds, ascending.
        let rows: UnsafePointer<UInt32>
        let count: Int
        let nullKey: UInt64
        /// Whether `nullKey` is among the keys.
        let hasNulls: Bool

        public init(
            keys: UnsafeMutablePointer<UInt64>,
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
        runs.reserve(changes.count, words: !isDictionary)
        let count = appendStarts(changes)
        var done = 0
        if isDictionary {
            done = try appendIndexes(changes.keys, count, decode)
            let isHopeless = runs.count >= 16_384 && usage.isTooDistinct(dictionary.count, of: runs.count)
            if done < count || isHopeless {
                leaveDictionary()
                runs.reserve(count - done, words: true)
            }
        }
        guard done < count else { return }
        try decode(changes.keys + done, runs.base.words + runs.count, count - done)
        runs.advance(to: runs.count + count - done)
    }

    /// Writes where the runs begin whose values follow, and moves the keys of nulls out of the way; returns how many keys are left.
    private func appendStarts(_ changes: Changes) -> Int {
        guard changes.count > 0 else { return 0 }
        let starts = runs.base.starts + runs.count
        let (keys, rows) = (changes.keys, changes.rows)
        guard changes.hasNulls else {
            nulls.turn(at: rows[0], isNull: false)
            let lost = nulls.lost
            for i in 0..<changes.count { starts[i] = rows[i] &- lost }
            return changes.count
        }
        var nulls = self.nulls
        var count = 0
        for i in 0..<changes.count {
            let isNull = keys[i] == changes.nullKey
            nulls.turn(at: rows[i], isNull: isNull)
            if isNull { continue }
            keys[count] = keys[i]
            starts[count] = rows[i] &- nulls.lost
            count &+= 1
        }
        self.nulls = nulls
        return count
    }

    /// Returns how many keys the dictionary had room for.
    private func appendIndexes<Failure: Error>(
        _ keys: UnsafePointer<UInt64>,
        _ count: Int,
        _ decode: Decoder<Failure>
    ) throws(Failure) -> Int {
        let taken = dictionary.look(keys, count, runs.base.indexes + runs.count)
        let known = dictionary.values.count
        let new = dictionary.count - known
        if new > 0 {
            dictionary.values.reserve(new)
            try decode(dictionary.keys.base + known, dictionary.values.base + known, new)
            dictionary.values.count = known + new
        }
        runs.advance(to: runs.count + taken)
        return taken
    }

    /// Before an `append` whose keys are not keys but words, which its `decode` then copies: no dictionary until the chunk is finished.
    public func leaveDictionary() {
        guard isDictionary else { return }
        runs.materialise(dictionary.values.base)
        usage.giveUp()
    }

    // MARK: Encoding

    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        let nullCount = nulls.nullCount(rowCount: rowCount)
        runs.close(valueCount: rowCount - nullCount)
        if isDictionary, runs.count > Self.leastChanges, usage.isTooDistinct(dictionary.count, of: runs.count) {
            leaveDictionary()
        }
        defer { reset() }
        return isDictionary ? try encodeDictionary(scratch, nullCount) : try encodeWords(scratch, nullCount)
    }

    private func reset() {
        rowCount = 0
        nulls.removeAll()
        usage.nextChunk()
        runs.removeAll(keepingWords: !isDictionary)
        if isDictionary { dictionary.removeAll() } else { dictionary.release() }
    }

    private func encodeDictionary(_ scratch: EncoderScratch, _ nullCount: Int) throws(ParquetError) -> EncodedChunk {
        let entries = dictionary.count
        let sorter = scratch.sorter
        sorter.sort(dictionary, usedBy: runs, asDoubles: isDouble)
        runs.renumber(sorter.ranks.base)
        var chunk = ChunkAssembler(scratch: scratch, options: options, matching: matching)
        try chunk.dictionaryPage(valueCount: entries) { $0.append(sorter.values.base, 8 * entries) }
        var reader = RunReader(runs)
        let bytes = entries <= 256 ? 1 : 2
        try chunk.dataPages(rowCount: rowCount, nulls: field.isNullable ? nulls : nil, encoding: .rleDictionary) {
            reader.appendIndexes($0, bytes: bytes, to: $1)
        }
        return finish(
            chunk,
            .rleDictionary,
            UnsafeBufferPointer(start: sorter.values.base, count: entries),
            nullCount
        )
    }

    private func encodeWords(_ scratch: EncoderScratch, _ nullCount: Int) throws(ParquetError) -> EncodedChunk {
        var chunk = ChunkAssembler(scratch: scratch, options: options, matching: matching)
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
