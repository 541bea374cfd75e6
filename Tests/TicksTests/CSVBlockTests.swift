import Parquet
import Testing

@testable import Ticks

/// A block that holds this text.
func block(_ text: String) -> CSVBlock {
    let block = CSVBlock()
    let bytes = Array(text.utf8)
    precondition(bytes.count <= CSVBlock.capacity)
    block.text.update(from: bytes, count: bytes.count)
    block.count = bytes.count
    return block
}

struct CSVBlockTests {
    private func cells(_ block: CSVBlock, columns: Int) -> [[String]] {
        (0..<block.rowCount).map { row in
            (0..<columns).map { String(decoding: block.cell(row: row, column: $0), as: UTF8.self) }
        }
    }

    @Test func everyCellIsFoundWhereverItLies() throws {
        var random = SeededRandom(seed: 71)
        for round in 0..<200 {
            let columns = Int.random(in: 1...9, using: &random)
            let rows = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                (0..<columns).map { _ in
                    String(repeating: "x", count: Int.random(in: 0...(round % 3 == 0 ? 70 : 5), using: &random))
                }
            }
            let head = String(repeating: "h", count: Int.random(in: 0...130, using: &random)) + "\n"
            let block = block(head + rows.map { $0.joined(separator: ",") + "\n" }.joined())
            try block.index(from: head.utf8.count, columns: columns)
            try #require(block.rowCount == rows.count, "round \(round)")
            try #require(cells(block, columns: columns) == rows, "round \(round)")
        }
    }

    @Test func emptyCellsByTheHundredThousandFit() throws {
        // Every byte is the end of a cell: the worst case for the list of ends.
        let rows = 60_000
        let block = block(String(repeating: ",,,,\n", count: rows))
        try block.index(from: 0, columns: 5)
        #expect(block.rowCount == rows)
        #expect(block.cell(row: rows - 1, column: 4).isEmpty)
    }

    @Test func theCarriageReturnBelongsToTheLineEnd() throws {
        let block = block("a,b\r\n\r,\r\n")
        try block.index(from: 0, columns: 2)
        #expect(cells(block, columns: 2) == [["a", "b"], ["\r", ""]])
    }

    @Test(arguments: [
        ("a,b\na\n", 1, 1), ("a,b,c\n", 0, 3), ("\na,b\n", 0, 1), ("a,b\n\na,b\n", 1, 1), ("a,b\nc,d\ne,f,g\n", 2, 3),
        (String(repeating: "a,b\n", count: 1000) + "a\nb\n", 1000, 1),
        (String(repeating: "x", count: 200) + "\n", 0, 1), (String(repeating: ",", count: 99) + "\n", 0, 100),
    ])
    func unevenRowsAreFound(text: String, row: Int, cells: Int) {
        let block = block(text)
        do {
            try block.index(from: 0, columns: 2)
            Issue.record("was taken")
        } catch {
            #expect(error.row == row)
            #expect(error.cells == cells)
        }
    }

    @Test func aReusedBlockKnowsNothingOfItsPast() throws {
        let block = block("a,b\nc,d\n")
        try block.index(from: 0, columns: 2)
        block.isLast = true
        block.reset()
        #expect(block.count == 0 && block.rowCount == 0 && !block.isLast)
        block.text[0] = UInt8(ascii: "\n")
        block.count = 1
        try block.index(from: 0, columns: 1)
        #expect(cells(block, columns: 1) == [[""]])
    }
}

struct ColumnReaderTests {
    private func read(_ name: String, _ kind: ColumnKind, _ cells: [String]) throws -> ColumnReader {
        let block = block(cells.map { $0 + "\n" }.joined())
        try block.index(from: 0, columns: 1)
        let reader = ColumnReader(name: name, kind: kind, position: 0, columns: 1, options: WriterOptions())
        try reader.read(block, rows: 0..<block.rowCount, CellScratch())
        return reader
    }

    /// A cell that has the same last 16 characters, filled up with zeros, as the one before it is not the same number.
    @Test(arguments: [
        ["-5", "0-5"], ["-5", "00-5"], ["5", "+5"], [".5", "0.5", "."], ["12345678901234-5"],
        ["-5", "000000000000000-5"],
    ])
    func aNumberIsNotMistakenForItsNeighbour(cells: [String]) {
        let error = #expect(throws: ColumnReader.BadCell.self) { try read("price", .number, cells) }
        #expect(error?.row == cells.count - 1)
        #expect(error?.reason == "is not a number")
    }

    @Test func neighboursThatLookAlikeAreReadEachByItself() throws {
        let reader = try read("price", .number, ["5", "05", "-5", "5.", "5.", "", "005", "-5", "5", "0", "-0"])
        #expect(reader.builder.rowCount == 11)
    }

    @Test func aStripeOfFullScratchIsRead() throws {
        let cells = (0..<CellScratch.rows).map { $0 % 7 == 3 ? "" : String($0) }
        #expect(try read("price", .number, cells).builder.rowCount == CellScratch.rows)
        #expect(try read("expiration", .timestamp, cells).builder.rowCount == CellScratch.rows)
        #expect(try read("id", .text, cells).builder.rowCount == CellScratch.rows)
    }
}
