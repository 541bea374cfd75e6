internal import Parquet

/// The serial part of a conversion: decodes the source into blocks of whole lines, and reads the header on the way.
final class BlockReader {
    private let decoder: SourceDecoder
    private let pool: WorkPool
    private let options: ConversionOptions
    private var block: CSVBlock
    private(set) var header: [String]?
    private var limits = RowGroupLimits(mostRows: WriterOptions.rowGroupRows(columnCount: 0), textColumns: [])
    private var rows = 0
    private(set) var csvBytes: Int64 = 0

    /// Columns cost memory each, whatever is in them. Tardis's widest files have 104.
    static let mostColumns = 1024
    /// The footer repeats a column's name in every row group.
    static let longestName = 255

    init(options: ConversionOptions, pool: WorkPool) {
        self.options = options
        self.pool = pool
        decoder = SourceDecoder(source: options.source)
        block = pool.takeBlock()
    }

    deinit { pool.giveBack(block) }

    var inputBytes: Int64 { decoder.inputBytes }
    var isPlainText: Bool { decoder.isPlainText }
    var rowCount: Int { rows }

    /// Decodes from `input` until a block is full; answers how much was taken, and the block if it is.
    func fill(_ input: UnsafeBufferPointer<UInt8>) throws(TickError) -> (consumed: Int, block: CSVBlock?) {
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
                "\(options.source), line \(header == nil ? 1 : rows + 2): a line of more than \(CSVBlock.capacity) bytes"
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

    /// The source has ended: the last block, which may have no rows.
    func finish() throws(TickError) -> CSVBlock {
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
        block.firstRow = rows
        do {
            try block.index(from: start, columns: header.count)
        } catch {
            throw TickError(
                .row,
                "\(options.source), line \(rows + error.row + 2): \(error.cells) cell\(error.cells == 1 ? "" : "s") where the header has "
                    + "\(header.count): '\(line(block, row: error.row, start: start))'"
            )
        }
        rows += block.rowCount
        block.rowGroupEnds = limits.ends(in: block)
    }

    /// The text of a row in a block whose index was not finished.
    private func line(_ block: CSVBlock, row: Int, start: Int) -> String {
        var position = start
        for _ in 0..<row { position += block.line(at: position).count + 1 }
        return TickError.excerpt(block.line(at: position))
    }

    /// The header's cell that byte `bad` of `text` lies in, and where in it.
    private func notUTF8(_ text: Slice<UnsafeBufferPointer<UInt8>>, at bad: Int) -> TickError {
        let before = text.prefix(bad)
        let column = before.count { $0 == UInt8(ascii: ",") } + 1
        let start = before.lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? text.startIndex
        let cell = text[start...].prefix { $0 != UInt8(ascii: ",") }
        return TickError(
            .header,
            "\(options.source), line 1, column \(column): '\(TickError.excerpt(cell))' "
                + UTF8Check.complaint(cell, at: text.startIndex + bad - start)
        )
    }

    /// Reads the names of the columns; answers where the first row begins.
    private func readHeader(_ block: CSVBlock) throws(TickError) -> Int {
        let line = block.line(at: 0)
        var text = line[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
        let names = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard names.contains("exchange") || names.contains("local_timestamp") else {
            throw TickError(
                .notTicks,
                "\(options.source): its first line is no header of a Tardis file: '\(TickError.excerpt(text))'"
            )
        }
        if let bad = UTF8Check.firstBad(UnsafeBufferPointer(rebasing: text)) { throw notUTF8(text, at: bad) }
        guard names.count <= Self.mostColumns else {
            throw TickError(
                .header,
                "\(options.source): the header has \(names.count) columns; a tick file has at most \(Self.mostColumns)"
            )
        }
        if let long = names.first(where: { $0.utf8.count > Self.longestName }) {
            throw TickError(
                .header,
                "\(options.source): the header has a column whose name is \(long.utf8.count) bytes long: "
                    + "'\(TickError.excerpt(long.utf8))'"
            )
        }
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw TickError(
                .header,
                "\(options.source): the header has column '\(TickError.excerpt(twice.utf8))' twice"
            )
        }
        let wanted = options.type.map(\.header) ?? ["exchange", "symbol", "timestamp", "local_timestamp"]
        let missing = wanted.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw TickError(
                .header,
                "\(options.source): the header has no column \(missing.map { "'\($0)'" }.joined(separator: ", ")), "
                    + "which \(options.type?.rawValue ?? "every tick file") must have; it has: "
                    + TickError.excerpt(text, limit: 200)
            )
        }
        header = names
        limits = RowGroupLimits(
            mostRows: WriterOptions.rowGroupRows(columnCount: names.count),
            textColumns: names.indices.filter { TickType.kind(ofColumn: names[$0]) ?? .text == .text }
        )
        return line.count + 1
    }
}
