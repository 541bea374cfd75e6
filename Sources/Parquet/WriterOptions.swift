/// How a file is written.
public struct WriterOptions: Sendable, Equatable {
    /// zstd's level. Level 3 makes tick files 4 % smaller than 1, for twice the time spent on compression.
    public var zstdLevel = 1
    /// Rows of a data page. Smaller pages let readers skip more and compress a little worse (1 % at this size).
    var pageRows = 32_768
    /// Bytes of text after which a page ends before it has its rows, however few they are; each page then holds at least one.
    /// Pages are compressed and read as a piece, and may not exceed 2 GiB.
    var pageTextBytes = 4 << 20
    /// Whether texts and integers with many values may use the delta encodings. fastparquet reads none of those for texts, and
    /// gives wrong integers, without an error, where a difference needs more than 27 bits (134 s between two timestamps).
    public var usesDeltas = true

    public init() {}
}
