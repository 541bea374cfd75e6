/// Collects one column's values for a row group and encodes them. One thread at a time.
public protocol ColumnBuilder: AnyObject {
    var field: Field { get }
    /// Rows collected since the last chunk.
    var rowCount: Int { get }
    /// Encodes what was collected, and starts an empty chunk.
    func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk
}

/// Counts rows and nulls for a builder, and keeps one flag per row once a null has been seen.
struct PresenceRecorder {
    private(set) var rowCount = 0
    private(set) var nullCount = 0
    private let flags = GrowingArray<UInt8>(capacity: 0)

    /// Rows `rowCount ..< rowCount + count` all have a value.
    mutating func addPresent(_ count: Int) {
        if nullCount > 0 { append(1, count) }
        rowCount += count
    }

    mutating func addNull() {
        if nullCount == 0 {
            flags.count = 0
            append(1, rowCount)
        }
        append(0, 1)
        rowCount += 1
        nullCount += 1
    }

    private func append(_ flag: UInt8, _ count: Int) {
        flags.reserve(count)
        (flags.base + flags.count).update(repeating: flag, count: count)
        flags.count += count
    }

    mutating func removeAll() {
        rowCount = 0
        nullCount = 0
        flags.count = 0
    }

    func presence(isNullable: Bool) -> Presence {
        guard isNullable else { return .required }
        return nullCount == 0 ? .complete : .flags(flags.base)
    }
}
