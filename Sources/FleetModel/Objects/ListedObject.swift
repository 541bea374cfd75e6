/// An object as a listing tells it; nothing here says from which store.
public struct ListedObject: Sendable, Equatable {
    /// The full name, `/`-separated.
    public var name: String
    /// Bytes.
    public var size: Int64
    /// CRC-32C (Castagnoli); nil where the listing does not tell it.
    public var crc32c: UInt32?
    /// When it was written by the store's clock, in microseconds since 1970; nil where the store does not tell.
    public var written: Int64?
    public var metadata: [String: String]

    public init(
        name: String,
        size: Int64,
        crc32c: UInt32? = nil,
        written: Int64? = nil,
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.size = size
        self.crc32c = crc32c
        self.written = written
        self.metadata = metadata
    }
}
