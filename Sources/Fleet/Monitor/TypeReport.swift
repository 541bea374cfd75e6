public import Common
import GoogleCloud

/// The files of one data type of a date, or of all of them.
public struct TypeReport: Sendable, Equatable {
    /// The type; nil for all together.
    public let type: DataType?
    /// Files that there should be.
    public internal(set) var expected = 0
    /// Files that are there and whole.
    public internal(set) var whole = 0
    /// Those of them that have no rows, as the source has none.
    public internal(set) var empty = 0
    /// Files that the source does not have.
    public internal(set) var absent = 0
    /// Objects that are there and not whole.
    public internal(set) var bad = 0
    /// Files that are not there, and not known to be absent at the source.
    public internal(set) var missing = 0
    /// Rows of the whole files.
    public internal(set) var rows: Int64 = 0
    /// Bytes of their sources, compressed.
    public internal(set) var bytesIn: Int64 = 0
    /// Their own bytes.
    public internal(set) var bytesOut: Int64 = 0

    init(_ type: DataType?) {
        self.type = type
    }

    /// Files that need nothing more.
    public var settled: Int { whole + absent }
    /// About the size of one file's source; nil before there is one.
    var meanBytesIn: Int64? { whole > 0 ? bytesIn / Int64(whole) : nil }

    mutating func count(_ file: FileReport) {
        expected += 1
        switch file.state {
        case .whole(let metadata):
            whole += 1
            if metadata.rows == 0 { empty += 1 }
            rows += metadata.rows
            bytesIn += metadata.source.size
            bytesOut += file.size
        case .absent: absent += 1
        case .bad: bad += 1
        case .missing: missing += 1
        }
    }
}
