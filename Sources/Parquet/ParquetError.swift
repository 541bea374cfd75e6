/// A Parquet file that cannot be written or read, in one sentence.
public struct ParquetError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
