/// A column of 64-bit integers or timestamps.
public final class Int64ColumnBuilder: ColumnBuilder {
    private let column: FixedWidthColumn<Int64>

    /// An empty column.
    public init(_ field: Field, options: WriterOptions) {
        column = FixedWidthColumn(field: field, options: options)
    }

    public var field: Field { column.field }
    /// Rows collected since the last chunk.
    public var rowCount: Int { column.rowCount }

    /// Adds a block: one 64-bit pattern per row, and one byte per row that is 0 where the value is missing (nil when none is).
    public func append(_ values: UnsafePointer<UInt64>, present: UnsafePointer<UInt8>?, count: Int) {
        column.append(values, present: present, count: count)
    }

    /// Encodes what was collected, and starts an empty chunk.
    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        try column.finishChunk(scratch)
    }
}

/// A column of doubles. NaN is not among them: no Tardis cell means it.
public final class DoubleColumnBuilder: ColumnBuilder {
    private let column: FixedWidthColumn<Double>

    /// An empty column.
    public init(_ field: Field, options: WriterOptions) {
        column = FixedWidthColumn(field: field, options: options)
    }

    public var field: Field { column.field }
    /// Rows collected since the last chunk.
    public var rowCount: Int { column.rowCount }

    /// Adds a block: one 64-bit pattern per row, and one byte per row that is 0 where the value is missing (nil when none is).
    public func append(_ values: UnsafePointer<UInt64>, present: UnsafePointer<UInt8>?, count: Int) {
        column.append(values, present: present, count: count)
    }

    /// Encodes what was collected, and starts an empty chunk.
    public func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk {
        try column.finishChunk(scratch)
    }
}
