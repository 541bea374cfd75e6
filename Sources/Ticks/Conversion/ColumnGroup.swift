internal import Parquet

/// Columns that are read together, by one thread at a time: enough of them to make a block's worth of work, few enough that
/// every core has a group.
final class ColumnGroup {
    private var readers: [ColumnReader]
    private let options: ConversionOptions
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

    private let columnCount: Int

    private init(_ options: ConversionOptions, columnCount: Int) {
        readers = []
        self.options = options
        self.columnCount = columnCount
    }

    /// Deals columns out into at most `count` groups: heaviest first, each to the group that has least to do.
    static func deal(_ readers: [ColumnReader], among count: Int, _ options: ConversionOptions) -> [ColumnGroup] {
        let groups = (0..<min(readers.count, count)).map { _ in ColumnGroup(options, columnCount: readers.count)
        }
        var loads = Array(repeating: 0, count: groups.count)
        for reader in readers.sorted(by: { ($1.weight, $0.position) < ($0.weight, $1.position) }) {
            let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            groups[least].readers.append(reader)
            loads[least] += reader.weight
        }
        return groups
    }

    /// Reads a block that has been compared; returns the row groups that ended with or in it.
    func read(_ block: CSVBlock, _ scratch: WorkPool.Scratch) throws -> [RowGroup] {
        if let row = block.unevenRow { throw describe(unevenRow: row, block) }
        var ended: [RowGroup] = []
        for segment in block.segments {
            for reader in readers {
                do {
                    try options.times.measure(reader.stage) { try reader.read(block, segment, scratch.cells) }
                } catch let cell as ColumnReader.BadCell {
                    throw describe(cell, reader, block)
                }
            }
            if segment.isLast { ended.append(try endRowGroup(scratch)) }
        }
        if block.isLast, readers[0].builder.rowCount > 0 { ended.append(try endRowGroup(scratch)) }
        return ended
    }

    private func endRowGroup(_ scratch: WorkPool.Scratch) throws(ParquetError) -> RowGroup {
        var chunks: [Chunk] = []
        scratch.encoder.measuresCompression = options.times != nil
        let compression = scratch.encoder.compressionNanoseconds
        for reader in readers {
            let encoded = try options.times.measure(.encode) { () throws(ParquetError) in
                try reader.builder.finishChunk(scratch.encoder)
            }
            chunks.append(Chunk(column: reader.position, encoded: encoded))
        }
        options.times?.move(scratch.encoder.compressionNanoseconds - compression, from: .encode, to: .zstd)
        defer { rowGroup += 1 }
        return RowGroup(number: rowGroup, chunks: chunks)
    }

    private func describe(_ cell: ColumnReader.BadCell, _ reader: ColumnReader, _ block: CSVBlock) -> TickError {
        let text = TickError.excerpt(block.cell(row: cell.row, column: reader.position))
        let reason = text == reader.name ? "is the header again, as where two files were joined" : cell.reason
        return TickError(
            .row,
            "\(options.source), line \(block.firstRow + cell.row + 2), column \(reader.name): '\(text)' \(reason)"
        )
    }

    private func describe(unevenRow row: Int, _ block: CSVBlock) -> TickError {
        let cells = block.cellCount(ofRow: row)
        return TickError(
            .row,
            "\(options.source), line \(block.firstRow + row + 2): \(cells) cell\(cells == 1 ? "" : "s") where the header has "
                + "\(columnCount): '\(TickError.excerpt(block.line(ofRow: row)))'"
        )
    }
}
