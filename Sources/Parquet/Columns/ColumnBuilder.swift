/// Collects one column's values for a row group and encodes them. One thread at a time.
///
/// What is collected are changes: "from this row on the value is that one". A change becomes a run, and a run stays one up to the page.
public protocol ColumnBuilder: AnyObject {
    var field: Field { get }
    /// Rows collected since the last chunk.
    var rowCount: Int { get }
    /// Encodes what was collected, and starts an empty chunk.
    func finishChunk(_ scratch: EncoderScratch) throws(ParquetError) -> EncodedChunk
}
