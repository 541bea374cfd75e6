internal import Parquet

/// Columns that are read together, by one thread at a time: enough of them to make a block's worth of work, few enough that
/// every core has a group.
final class ColumnGroup {
    private var columns: [(index: Int, reader: ColumnReader)]
    private let source: String
    private var rowGroup = 0

    /// A chunk that is ready, and where in the file it belongs.
    struct Finished: Sendable {
        let rowGroup: Int
        let column: Int
        let chunk: EncodedChunk
    }

    init(columns: [(index: Int, reader: ColumnReader)], source: String) {
        self.columns = columns
        self.source = source
    }

    /// Text that is read at a time: it and its cell ends stay in a core's own cache while one column after the other reads it.
    private static let stripeBytes = 128 << 10

    /// Reads a block; answers the chunks that it completed.
    func read(_ block: CSVBlock, _ scratch: WorkPool.Scratch) throws -> [Finished] {
        var finished: [Finished] = []
        let rowBytes = max(1, block.count / max(1, block.rowCount))
        let stripe = max(64, min(CellScratch.rows, Self.stripeBytes / rowBytes))
        var row = 0
        var groupEnds = block.rowGroupEnds[...]
        while row < block.rowCount {
            let end = min(block.rowCount, row + stripe, groupEnds.first ?? block.rowCount)
            for (_, reader) in columns {
                do {
                    try reader.read(block, rows: row..<end, scratch.cells)
                } catch let cell as ColumnReader.BadCell {
                    throw describe(cell, reader, block)
                }
            }
            row = end
            if row == groupEnds.first {
                try finishRowGroup(scratch, &finished)
                groupEnds.removeFirst()
            }
        }
        if block.isLast, columns[0].reader.builder.rowCount > 0 { try finishRowGroup(scratch, &finished) }
        return finished
    }

    private func finishRowGroup(_ scratch: WorkPool.Scratch, _ finished: inout [Finished]) throws(ParquetError) {
        for (index, reader) in columns {
            finished.append(
                Finished(rowGroup: rowGroup, column: index, chunk: try reader.builder.finishChunk(scratch.encoder))
            )
        }
        rowGroup += 1
    }

    private func describe(_ cell: ColumnReader.BadCell, _ reader: ColumnReader, _ block: CSVBlock) -> TickError {
        let index = columns.first { $0.reader === reader }?.index ?? 0
        let text = TickError.excerpt(block.cell(row: cell.row, column: index))
        return TickError(
            .row,
            "\(source), line \(block.firstRow + cell.row + 2), column \(reader.name): '\(text)' \(cell.reason)"
        )
    }
}
