/// What numbers in the bucket's records can be. Whoever may write the bucket writes them: what is out of bounds is no record of
/// ours, and within bounds sums and times cannot overflow.
enum RecordBounds {
    /// Shards of a run, and a shard's number.
    static let shards: ClosedRange<Int64> = 0...20_000
    static let instruments = 20_000
    /// Attempts and files of a shard.
    static let count: ClosedRange<Int64> = 0...1_000_000_000
    /// Rows, bytes and bytes a second of a shard or file: 17 terabytes. Sums over all files of all plans stay within an Int64.
    static let amount: ClosedRange<Int64> = 0...(1 << 44)
    /// Microseconds since 1970, up to the year 9999.
    static let time: ClosedRange<Int64> = 0...253_402_300_799_999_999
}

extension ClosedRange<Int64> {
    /// The number; nil when it is not within the range.
    func containing(_ number: Int64?) -> Int64? { number.flatMap { contains($0) ? $0 : nil } }
}
