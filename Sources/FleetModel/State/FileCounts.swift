/// How many files are in each state, with the rows and bytes of those that are there.
public struct FileCounts: Sendable, Equatable {
    public private(set) var expected = 0
    public private(set) var whole = 0
    /// Those of the whole ones that have no rows, as the source has none.
    public private(set) var empty = 0
    /// Files that the source does not have.
    public private(set) var absent = 0
    /// Objects that are there and not whole.
    public private(set) var damaged = 0
    /// Files that are not there, and not known to be absent at the source.
    public private(set) var missing = 0
    public private(set) var rows: Int64 = 0
    /// Bytes of their sources, compressed.
    public private(set) var bytesIn: Int64 = 0
    /// Their own bytes.
    public private(set) var bytesOut: Int64 = 0

    public init(_ files: some Sequence<FileState> = []) {
        for file in files { count(file) }
    }

    public var settled: Int { whole + absent }
    /// Files that are yet to be downloaded.
    public var unsettled: Int { expected - settled }
    /// About the bytes of one file's source; nil before there is one.
    public var meanBytesIn: Int64? { whole > 0 ? bytesIn / Int64(whole) : nil }

    public mutating func count(_ file: FileState) {
        expected += 1
        switch file.state {
        case .whole(let metadata):
            whole += 1
            if metadata.rows == 0 { empty += 1 }
            rows = Self.sum(rows, metadata.rows)
            bytesIn = Self.sum(bytesIn, metadata.source.size)
            bytesOut = Self.sum(bytesOut, file.size)
        case .absent: absent += 1
        case .damaged: damaged += 1
        case .missing: missing += 1
        }
    }

    public static func += (sum: inout FileCounts, more: FileCounts) {
        sum.expected += more.expected
        sum.whole += more.whole
        sum.empty += more.empty
        sum.absent += more.absent
        sum.damaged += more.damaged
        sum.missing += more.missing
        sum.rows = Self.sum(sum.rows, more.rows)
        sum.bytesIn = Self.sum(sum.bytesIn, more.bytesIn)
        sum.bytesOut = Self.sum(sum.bytesOut, more.bytesOut)
    }

    /// Whoever may write the bucket writes these numbers, and plans without end.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
