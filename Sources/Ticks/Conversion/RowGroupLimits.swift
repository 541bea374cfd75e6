/// Decides where row groups end: after so many rows, or with the block in which their text has become so large that the columns
/// could not be held in memory, as a text column keeps each text. All columns follow the same decision.
struct RowGroupLimits {
    private let mostRows: Int
    private let textColumns: [Int]
    private var rows = 0
    private var textBytes = 0

    /// Text of a row group: enough for 131,072 rows of 256 bytes, which are longer than those of any type of Tardis that has as
    /// many rows in a group. Encoding takes up to eight times as much for a moment.
    static let mostTextBytes = 32 << 20

    /// Rows of a full row group of a file with these columns. A one-minute window of a day reads two to four times faster from groups of
    /// 131,072 rows than from one big group. Events with one price a row are 3 to 4 % smaller in groups of twice as many; where rows
    /// have several numbers these would lose their dictionaries. Very wide rows have fewer, so that memory stays bounded.
    static func mostRows(_ header: [String]) -> Int {
        let budgetedCells = 8 << 20
        let most = header.contains("side") ? 262_144 : 131_072
        return min(most, max(16_384, budgetedCells / max(1, header.count) / 1024 * 1024))
    }

    init(mostRows: Int, textColumns: [Int]) {
        self.mostRows = mostRows
        self.textColumns = textColumns
    }

    /// Whether the next row begins a row group.
    var isAtStart: Bool { rows == 0 }

    /// The rows of the next block before which a row group ends.
    mutating func ends(in block: CSVBlock) -> [Int] {
        var ends: [Int] = []
        var row = 0
        while rows + block.rowCount - row >= mostRows {
            row += mostRows - rows
            ends.append(row)
            (rows, textBytes) = (0, 0)
        }
        guard row < block.rowCount else { return ends }
        rows += block.rowCount - row
        // Short rows are not worth a look at each cell: all of the block counts as text.
        let length = block.count - block.start(ofRow: row)
        let isShort = length / (block.rowCount - row) <= Self.mostTextBytes / 131_072
        textBytes += isShort ? length : block.bytes(ofColumns: textColumns, rows: row..<block.rowCount)
        if textBytes >= Self.mostTextBytes {
            ends.append(block.rowCount)
            (rows, textBytes) = (0, 0)
        }
        return ends
    }
}
