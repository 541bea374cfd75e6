/// What each data object says about itself in its custom metadata, so that a date is verified by listing it.
public struct ObjectMetadata: Sendable, Equatable {
    /// The layout of columns that this version writes; a file of another one is written again.
    public static let schemaVersion = 1

    /// Whether the source had rows.
    public enum Outcome: String, Sendable {
        case rows
        /// It answered that there are none.
        case empty
    }

    /// The bytes that were written, which a listing tells of what is there now.
    public struct Content: Sendable, Equatable {
        /// Bytes.
        public var size: Int64
        /// CRC-32C (Castagnoli).
        public var crc32c: UInt32

        public init(size: Int64, crc32c: UInt32) {
            self.size = size
            self.crc32c = crc32c
        }
    }

    /// Where the data came from.
    public struct Source: Sendable, Equatable {
        /// The path of the source's URL, without host and query.
        public var path: String
        /// Bytes, compressed as received.
        public var size: Int64
        /// The source's ETag; nil when it gave none.
        public var etag: String?

        public init(path: String, size: Int64, etag: String? = nil) {
            self.path = path
            self.size = size
            self.etag = etag
        }
    }

    public var dataType: DataType
    public var rows: Int64
    /// The first row's `local_timestamp`, in microseconds; nil without rows.
    public var firstTime: Int64?
    /// The last row's `local_timestamp`, in microseconds; nil without rows.
    public var lastTime: Int64?
    /// The bytes that were written.
    public var content: Content
    public var source: Source
    public var schema: Int
    /// The version of the kit that wrote it.
    public var kitVersion: String

    public init(
        dataType: DataType,
        rows: Int64,
        firstTime: Int64?,
        lastTime: Int64?,
        content: Content,
        source: Source,
        schema: Int = ObjectMetadata.schemaVersion,
        kitVersion: String = BuildInfo.version
    ) {
        self.dataType = dataType
        self.rows = rows
        self.firstTime = firstTime
        self.lastTime = lastTime
        self.content = content
        self.source = source
        self.schema = schema
        self.kitVersion = kitVersion
    }

    public var outcome: Outcome { rows > 0 ? .rows : .empty }
}

extension ObjectMetadata {
    public var encoded: [String: String] {
        var values = [
            "tick-type": dataType.rawValue,
            "tick-outcome": outcome.rawValue,
            "tick-rows": "\(rows)",
            "tick-size": "\(content.size)",
            "tick-crc32c": ChecksumText.encoded(content.crc32c),
            "tick-source-path": source.path,
            "tick-source-size": "\(source.size)",
            "tick-schema": "\(schema)",
            "tick-kit": kitVersion,
        ]
        values["tick-first"] = firstTime.map { "\($0)" }
        values["tick-last"] = lastTime.map { "\($0)" }
        values["tick-source-etag"] = source.etag
        return values
    }

    /// Reads the custom metadata; nil when a key is missing or does not agree with the others.
    public init?(_ metadata: [String: String]) {
        func int(_ key: String, _ bounds: ClosedRange<Int64> = RecordBounds.amount) -> Int64? {
            bounds.containing(metadata[key].flatMap { Int64($0) })
        }
        guard let dataType = metadata["tick-type"].flatMap(DataType.init(rawValue:)),
            let outcome = metadata["tick-outcome"].flatMap(Outcome.init(rawValue:)),
            let rows = int("tick-rows"), let size = int("tick-size"),
            let crc32c = metadata["tick-crc32c"].flatMap(ChecksumText.value),
            let path = metadata["tick-source-path"], let sourceSize = int("tick-source-size"),
            let schema = int("tick-schema", RecordBounds.count), let kit = metadata["tick-kit"]
        else { return nil }
        self.init(
            dataType: dataType,
            rows: rows,
            firstTime: int("tick-first", RecordBounds.time),
            lastTime: int("tick-last", RecordBounds.time),
            content: Content(size: size, crc32c: crc32c),
            source: Source(path: path, size: sourceSize, etag: metadata["tick-source-etag"]),
            schema: Int(schema),
            kitVersion: kit
        )
        let hasTimes = firstTime != nil && lastTime != nil
        let hasNoTimes = firstTime == nil && lastTime == nil
        guard outcome == self.outcome, rows > 0 ? hasTimes : hasNoTimes else { return nil }
    }
}
