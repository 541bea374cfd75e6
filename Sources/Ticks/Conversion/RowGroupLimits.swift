/// Decides where row groups end: after so many rows, or with the block in which they have become so large that the columns could not be
/// held in memory: by their text, as a text column keeps each text, or by their changes, as every column keeps its own. All columns
/// follow the same decision, and it is the same however the work falls to threads.
struct RowGroupLimits {
    private let mostRows: Int
    private let textColumns: [Int]
    private var rows = 0
    private var textBytes = 0
    /// Changes in the row group, of the blocks that `note` was told of.
    private var changes = 0
    /// The number of the row group, and of those in which the blocks begin of whose changes nothing is known yet.
    private var rowGroup = 0
    private var begun: [Int] = []

    /// Text of a row group: enough for 131,072 rows of 256 bytes, which are longer than those of any type of Tardis that has as
    /// many rows in a group. Encoding takes up to eight times as much for a moment.
    static let mostTextBytes = 32 << 20
    /// Changed cells of a row group, at 6 to 12 bytes each: more than 131,072 rows of any type of Tardis have.
    static let mostChanges = 7 << 19

    /// Rows of a full row group of a file with these columns. Events with one price a row are 3 to 4 % smaller in groups of twice as many;
    /// where rows have several numbers these would lose their dictionaries.
    static func mostRows(_ header: [String]) -> Int { header.contains("side") ? 262_144 : 131_072 }

    init(mostRows: Int, textColumns: [Int]) {
        self.mostRows = mostRows
        self.textColumns = textColumns
    }

    /// Whether the next row begins a row group.
    var isAtStart: Bool { rows == 0 }

    /// Tells how many changes a block had in each of its segments. Blocks come in order, each before the next but one is cut.
    mutating func note(changes counts: [Int]) {
        let first = begun.removeFirst()
        for (segment, count) in counts.enumerated() where first + segment == rowGroup { changes += count }
    }

    /// The rows of the next block before which a row group ends.
    mutating func ends(in block: CSVBlock) -> [Int] {
        begun.append(rowGroup)
        var ends: [Int] = []
        var row = 0
        while rows + block.rowCount - row >= mostRows {
            row += mostRows - rows
            ends.append(row)
            begin()
        }
        guard row < block.rowCount else { return ends }
        rows += block.rowCount - row
        // Short rows are not worth a look at each cell: all of the block counts as text.
        let length = block.count - block.start(ofRow: row)
        let isShort = length / (block.rowCount - row) <= Self.mostTextBytes / 131_072
        textBytes += isShort ? length : block.bytes(ofColumns: textColumns, rows: row..<block.rowCount)
        if textBytes >= Self.mostTextBytes || changes >= Self.mostChanges {
            ends.append(block.rowCount)
            begin()
        }
        return ends
    }

    private mutating func begin() {
        rowGroup += 1
        (rows, textBytes, changes) = (0, 0, 0)
    }
}
