internal import Parquet

/// Columns that are read together, by one thread at a time: enough of them to make a block's worth of work, few enough that
/// every core has a group.
final class ColumnGroup {
    private var readers: [ColumnReader]
    private let source: String
    private var rowGroup = 0

    /// A chunk of one column of the file.
    struct Chunk: Sendable {
        let column: Int
        let encoded: EncodedChunk
    }

    /// This group's part of a row group.
    struct RowGroup: Sendable {
        let number: Int
        let chunks: [Chunk]
    }

    private init(source: String) {
        readers = []
        self.source = source
    }

    /// Deals columns out into at most `count` groups: heaviest first, each to the group that has least to do.
    static func deal(_ readers: [ColumnReader], among count: Int, source: String) -> [ColumnGroup] {
        let groups = (0..<min(readers.count, count)).map { _ in ColumnGroup(source: source) }
        var loads = Array(repeating: 0, count: groups.count)
        for reader in readers.sorted(by: { ($1.weight, $0.position) < ($0.weight, $1.position) }) {
            let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            groups[least].readers.append(reader)
            loads[least] += reader.weight
        }
        return groups
    }

    /// Text that is read at a time: it and its cell ends stay in a core's own cache while one column after the other reads it.
    private static let stripeBytes = 128 << 10

    /// Reads a block; returns the row groups that ended with or in it.
    func read(_ block: CSVBlock, _ scratch: WorkPool.Scratch) throws -> [RowGroup] {
        var ended: [RowGroup] = []
        let rowBytes = max(1, block.count / max(1, block.rowCount))
        let stripe = max(64, min(CellScratch.rows, Self.stripeBytes / rowBytes))
        var row = 0
        var groupEnds = block.rowGroupEnds[...]
        while row < block.rowCount {
            let end = min(block.rowCount, row + stripe, groupEnds.first ?? block.rowCount)
            for reader in readers {
                do {
                    try reader.read(block, rows: row..<end, scratch.cells)
                } catch let cell as ColumnReader.BadCell {
                    throw describe(cell, reader, block)
                }
            }
            row = end
            if row == groupEnds.first {
                ended.append(try endRowGroup(scratch))
                groupEnds.removeFirst()
            }
        }
        if block.isLast, readers[0].builder.rowCount > 0 { ended.append(try endRowGroup(scratch)) }
        return ended
    }

    private func endRowGroup(_ scratch: WorkPool.Scratch) throws(ParquetError) -> RowGroup {
        var chunks: [Chunk] = []
        for reader in readers {
            chunks.append(Chunk(column: reader.position, encoded: try reader.builder.finishChunk(scratch.encoder)))
        }
        defer { rowGroup += 1 }
        return RowGroup(number: rowGroup, chunks: chunks)
    }

    private func describe(_ cell: ColumnReader.BadCell, _ reader: ColumnReader, _ block: CSVBlock) -> TickError {
        let text = TickError.excerpt(block.cell(row: cell.row, column: reader.position))
        return TickError(
            .row,
            "\(source), line \(block.firstRow + cell.row + 2), column \(reader.name): '\(text)' \(cell.reason)"
        )
    }
}
