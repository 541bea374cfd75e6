public import Parquet

/// What a conversion is told about its source, and how its file is written.
public struct ConversionOptions: Sendable {
    /// The name of the source in errors.
    public var source: String
    /// The type the source is supposed to be: its columns must all be there. Without it the header decides.
    public var type: TickType?
    public var writer = WriterOptions()
    public var keyValues: [KeyValue] = []
    /// The program that writes, for the footer.
    public var createdBy = "market-tick-data-handler"
    /// Where the time of each stage is noted; nil when nobody wants to know.
    public var times: StageTimes?

    public init(source: String, type: TickType? = nil) {
        self.source = source
        self.type = type
    }
}

/// What a finished conversion did.
public struct ConversionSummary: Sendable, Equatable {
    /// Rows in the source, and in the file.
    public let rows: Int64
    /// Bytes taken in.
    public let inputBytes: Int64
    /// Bytes of CSV text.
    public let csvBytes: Int64
    /// Whether the source was CSV text as it is. A gzip stream says where it ends; text does not.
    public let isPlainText: Bool
    /// Bytes of the file.
    public let outputBytes: Int64
    /// The least and the greatest `local_timestamp`, microseconds since 1970 UTC; nil without rows.
    public let localTimestamps: ClosedRange<Int64>?
    /// Columns that Tardis's types do not have; carried as text.
    public let unknownColumns: [String]
    /// The type, as given or as the header says.
    public let type: TickType?
}
