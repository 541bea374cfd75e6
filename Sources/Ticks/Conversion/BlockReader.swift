internal import Parquet

/// The serial part of a conversion: decodes the source into blocks of whole lines, and reads the header on the way.
final class BlockReader {
    private let decoder: SourceDecoder
    private let pool: WorkPool
    private let options: ConversionOptions
    private var block: CSVBlock
    private(set) var header: [String]?
    private var limits: RowGroupLimits?
    private(set) var rowCount = 0
    private(set) var csvBytes: Int64 = 0
    /// Bytes from the pipe, of which `consumed` have been decoded.
    private var taken: [UInt8] = []
    private var consumed = 0

    init(options: ConversionOptions, pool: WorkPool) {
        self.options = options
        self.pool = pool
        decoder = SourceDecoder(source: options.source)
        block = pool.takeBlock()
    }

    deinit { pool.giveBack(block) }

    var inputBytes: Int64 { decoder.inputBytes }
    var isPlainText: Bool { decoder.isPlainText }

    /// Decodes what is in the pipe into at most one block. Nil when the pipe is empty before the block is full; the block after
    /// the last bytes is the last one, and may have no rows.
    func nextBlock(from pipe: BoundedPipe) throws(TickError) -> CSVBlock? {
        while true {
            if consumed == taken.count {
                let areLast: Bool
                (taken, areLast) = pipe.takeAll()
                consumed = 0
                if taken.isEmpty { return areLast ? try finish() : nil }
            }
            let step = try taken.withUnsafeBufferPointer { bytes throws(TickError) in
                try fill(UnsafeBufferPointer(rebasing: bytes[consumed...]))
            }
            consumed += step.consumed
            pipe.release(step.consumed)
            if let block = step.block { return block }
        }
    }

    /// Decodes from `input` until a block is full; returns how much was used, and the block if it is.
    private func fill(_ input: UnsafeBufferPointer<UInt8>) throws(TickError) -> (consumed: Int, block: CSVBlock?) {
        var consumed = 0
        while block.count < CSVBlock.capacity {
            let space = UnsafeMutableBufferPointer(
                start: block.text + block.count,
                count: CSVBlock.capacity - block.count
            )
            let step = try decoder.decode(UnsafeBufferPointer(rebasing: input[consumed...]), into: space)
            consumed += step.consumed
            block.count += step.produced
            csvBytes += Int64(step.produced)
            if step.produced == 0, consumed == input.count { return (consumed, nil) }
            guard step.produced > 0 || step.consumed > 0 else {
                throw TickError(.corrupt, "\(options.source): the gzip stream does not go on after \(consumed) bytes")
            }
        }
        let end = block.endOfLastLine
        guard end > 0 else {
            throw TickError(
                .row,
                "\(options.source), line \(header == nil ? 1 : rowCount + 2): a line of more than \(CSVBlock.capacity) bytes"
            )
        }
        let full = block
        block = pool.takeBlock()
        block.text.update(from: full.text + end, count: full.count - end)
        block.count = full.count - end
        full.count = end
        try index(full)
        return (consumed, full)
    }

    private func finish() throws(TickError) -> CSVBlock {
        try decoder.finish()
        let last = block
        block = pool.takeBlock()
        if last.count > 0, last.text[last.count - 1] != UInt8(ascii: "\n") {
            // `CSVBlock` has room behind its capacity; a full block was handed on before.
            last.text[last.count] = UInt8(ascii: "\n")
            last.count += 1
        }
        last.isLast = true
        try index(last)
        return last
    }

    private func index(_ block: CSVBlock) throws(TickError) {
        var start = 0
        if header == nil, block.count > 0 { start = try readHeader(block) }
        guard let header else { return }
        block.firstRow = rowCount
        do {
            try block.index(from: start, columns: header.count)
        } catch {
            throw TickError(
                .row,
                "\(options.source), line \(rowCount + error.row + 2): \(error.cells) cell\(error.cells == 1 ? "" : "s") where the header has "
                    + "\(header.count): '\(line(block, row: error.row, start: start))'"
            )
        }
        rowCount += block.rowCount
        block.rowGroupEnds = limits?.ends(in: block) ?? []
    }

    /// The text of a row in a block whose index was not finished.
    private func line(_ block: CSVBlock, row: Int, start: Int) -> String {
        var position = start
        for _ in 0..<row { position += block.line(at: position).count + 1 }
        return TickError.excerpt(block.line(at: position))
    }

    /// Reads the names of the columns; returns where the first row begins.
    private func readHeader(_ block: CSVBlock) throws(TickError) -> Int {
        let line = block.line(at: 0)
        let names = try TickHeader(options).names(in: line)
        header = names
        limits = RowGroupLimits(
            mostRows: WriterOptions.rowGroupRows(columnCount: names.count),
            textColumns: names.indices.filter { TickType.kind(ofColumn: names[$0]) ?? .text == .text }
        )
        return line.count + 1
    }
}
