internal import Parquet

/// The serial part of a conversion: decodes the source into blocks of whole lines, and reads the header on the way.
final class BlockReader {
    private let decoder: SourceDecoder
    private let pool: WorkPool
    private let options: ConversionOptions
    private var block: CSVBlock
    /// Where, in `block`, the lines begin that no block had before, and at how many bytes it is full.
    private var linesStart = 0
    private var fullCount = CSVBlock.target
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
        while true {
            while block.count < fullCount {
                let space = UnsafeMutableBufferPointer(
                    start: block.text + block.count,
                    count: fullCount - block.count
                )
                let step = try options.times.measure(.inflate) { () throws(TickError) in
                    try decoder.decode(UnsafeBufferPointer(rebasing: input[consumed...]), into: space)
                }
                consumed += step.consumed
                block.count += step.produced
                csvBytes += Int64(step.produced)
                if step.produced == 0, consumed == input.count { return (consumed, nil) }
                guard step.produced > 0 || step.consumed > 0 else {
                    throw TickError(
                        .corrupt,
                        "\(options.source): the gzip stream does not go on after \(consumed) bytes"
                    )
                }
            }
            let end = block.endOfLastLine(from: linesStart)
            if end > 0 { return (consumed, try handOn(end)) }
            // A line longer than a block: it may be as long as a line may be.
            guard block.count - linesStart < CSVBlock.longestLine else { throw longLine(0) }
            fullCount = linesStart + CSVBlock.longestLine
        }
    }

    /// Tells how many changes the segments of a block had that `nextBlock` returned: of all blocks in order, each before the one after
    /// the next is asked for.
    func note(changes: [Int]) { limits?.note(changes: changes) }

    /// The block's lines as far as `end`. The next block begins with the last of them, and with what follows them.
    private func handOn(_ end: Int) throws(TickError) -> CSVBlock {
        let full = block
        let count = full.count
        full.count = end
        try index(full)
        block = pool.takeBlock()
        let above = full.startOfLastLine
        block.text.update(from: full.text + above, count: count - above)
        block.count = count - above
        linesStart = end - above
        fullCount = block.count + CSVBlock.target
        return full
    }

    private func finish() throws(TickError) -> CSVBlock {
        try decoder.finish()
        let last = block
        if last.count > linesStart, last.text[last.count - 1] != UInt8(ascii: "\n") {
            // There is padding behind the block's capacity.
            last.text[last.count] = UInt8(ascii: "\n")
            last.count += 1
        }
        last.isLast = true
        try index(last)
        block = pool.takeBlock()
        return last
    }

    private func index(_ block: CSVBlock) throws(TickError) {
        options.times.measure(.index) { block.index() }
        if block.count - linesStart > CSVBlock.longestLine {
            for row in 0..<block.rowCount where block.line(ofRow: row).count >= CSVBlock.longestLine {
                throw longLine(row)
            }
        }
        if header == nil, block.count > 0 { try readHeader(block) }
        guard var limits else { return }
        block.firstRow = rowCount
        rowCount += block.rowCount
        let isFirst = limits.isAtStart
        block.cut(at: limits.ends(in: block), isFirst: isFirst)
        self.limits = limits
    }

    /// The error of a line that does not fit: `row` rows behind the last.
    private func longLine(_ row: Int) -> TickError {
        TickError(
            .row,
            "\(options.source), line \(header == nil ? 1 : rowCount + row + 2): a line of more than \(CSVBlock.longestLine) bytes"
        )
    }

    /// Reads the names of the columns from the first block's first line.
    private func readHeader(_ block: CSVBlock) throws(TickError) {
        guard block.lineAbove.count < CSVBlock.longestLine else { throw longLine(0) }
        let names = try TickHeader(options).names(in: block.lineAbove, isPlainText: decoder.isPlainText)
        header = names
        limits = RowGroupLimits(
            mostRows: RowGroupLimits.mostRows(names),
            textColumns: names.indices.filter { TickType.kind(ofColumn: names[$0]) ?? .text == .text }
        )
    }
}
