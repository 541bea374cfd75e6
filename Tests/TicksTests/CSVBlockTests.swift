import CTicks
import Parquet
import Testing

@testable import Ticks

/// The kernels in each form that this processor has.
var kernelForms: [(form: Int32, kernels: UnsafePointer<tick_kernels>)] {
    (0..<Int32(3)).compactMap { form in tick_kernels_of(form).map { (form: form, kernels: $0) } }
}

/// A block that holds this text, indexed: its first line is the line above its rows.
func block(_ text: String, kernels: UnsafePointer<tick_kernels>? = CSVBlock.bestKernels) -> CSVBlock {
    let block = CSVBlock(kernels: kernels)
    let bytes = Array(text.utf8)
    precondition(bytes.count <= CSVBlock.capacity)
    block.text.update(from: bytes, count: bytes.count)
    // What is behind the text may be anything.
    for i in 0..<128 { block.text[bytes.count + i] = [0x2C, 0x0A, 0x80, 0x31][i % 4] }
    block.count = bytes.count
    block.index()
    return block
}

struct CSVBlockTests {
    /// Every cell of a compared block, put together from its events and times.
    private func cells(_ block: CSVBlock, columns: Int, lead: Bool, above: [String]) -> [[String]] {
        var current = above
        var rows: [[String]] = []
        for segment in block.segments {
            if segment.isFirst { current = Array(repeating: "nothing", count: columns) }
            var next = Array(repeating: 0, count: columns)
            for row in segment.rows {
                for column in 0..<columns {
                    let events = block.events(column: column, segment)
                    if lead, column == 2 || column == 3 { current[column] = String(block.times(column: column)[row]) }
                    while next[column] < events.count, events[next[column]].row == row {
                        current[column] = String(decoding: events.bytes(next[column]), as: UTF8.self)
                        next[column] += 1
                    }
                }
                rows.append(current)
            }
            // No event is left: they were of rows of the segment, in order.
            for column in 0..<columns where next[column] != block.events(column: column, segment).count {
                rows.append(["an event of no row in column \(column)"])
            }
        }
        return rows
    }

    /// Rows that mostly repeat the one above, as those of books do, with cells of all lengths.
    @Test(arguments: UInt64(1)...4)
    func everyCellIsPutTogetherFromTheEvents(seed: UInt64) throws {
        for round in 0..<40 {
            for (form, kernels) in kernelForms {
                var random = SeededRandom(seed: seed * 1000 + UInt64(round))
                let columns = Int.random(in: 1...(round % 4 == 0 ? 104 : 12), using: &random)
                let lead = columns > 4 && random.next() % 2 == 0
                let longest = [3, 8, 20, 90].randomElement(using: &random) ?? 3
                let change = [0, 5, 30, 100].randomElement(using: &random) ?? 5
                func cell(_ column: Int) -> String {
                    if lead, column == 2 || column == 3 {
                        return random.next() % 20 == 0
                            ? ["", "x", "12345678901234567", "-1", "5"].randomElement(using: &random) ?? ""
                            : String(1_582_329_602_000_000 + random.next() % 1_000_000)
                    }
                    let length = Int.random(in: 0...longest, using: &random)
                    return (0..<length).map { _ in String(random.next() % 3) }.joined()
                }
                let above = (0..<columns).map(cell)
                var rows: [[String]] = []
                for _ in 0..<Int.random(in: 0...80, using: &random) {
                    rows.append(
                        (0..<columns).map { column in
                            let isNew = Int(random.next() % 100) < change || lead && (column == 2 || column == 3)
                            return isNew ? cell(column) : (rows.last ?? above)[column]
                        }
                    )
                }
                let ends =
                    rows.isEmpty
                    ? []
                    : Set(
                        (0..<Int.random(in: 0...3, using: &random)).map { _ in
                            Int.random(in: 1...rows.count, using: &random)
                        }
                    ).sorted()
                let lineEnd = random.next() % 4 == 0 ? "\r\n" : "\n"
                let block = block(
                    ([above] + rows).map { $0.joined(separator: ",") + lineEnd }.joined(),
                    kernels: kernels
                )
                try #require(block.rowCount == rows.count)
                block.cut(at: ends, isFirst: lead)
                block.compare(columns: columns, hasStandardLead: lead)
                let name = "seed \(seed), round \(round), form \(form)"
                try #require(block.unevenRow == nil, "\(name)")
                try #require(self.cells(block, columns: columns, lead: lead, above: above) == rows, "\(name)")
                for row in rows.indices {
                    let cells = (0..<columns).map { String(decoding: block.cell(row: row, column: $0), as: UTF8.self) }
                    try #require(cells == rows[row], "\(name)")
                }
            }
        }
    }

    /// Only what changes is an event; the first row of a row group is one in each column.
    @Test func eventsAreChanges() throws {
        for (_, kernels) in kernelForms {
            let block = block("e,s,1,2,5,7\ne,s,1,2,5,7\ne,s,1,2,5,77\ne,s,1,2,5,77\ne,s,1,2,4,77\n", kernels: kernels)
            block.cut(at: [3], isFirst: false)
            block.compare(columns: 6, hasStandardLead: true)
            let rows = block.segments.map { segment in
                (0..<6).map { column in
                    let events = block.events(column: column, segment)
                    return (0..<events.count).map { events[$0].row }
                }
            }
            // Times of a lead that is not 16 digits are read one by one, and the two before them are events then.
            #expect(rows[0][4...] == [[], [1]])
            #expect(rows[1] == [[3], [3], [], [], [3], [3]])
            #expect(block.segments.map(\.isFirst) == [false, true])
            #expect(block.segments.map(\.isLast) == [true, false])
        }
    }

    @Test func emptyCellsByTheHundredThousandFit() throws {
        // Every byte is the end of a cell: the worst case for the list of events.
        let rows = 200_000
        for (_, kernels) in kernelForms {
            let block = block(String(repeating: ",,,,\n", count: rows + 1), kernels: kernels)
            block.cut(at: [], isFirst: true)
            block.compare(columns: 5, hasStandardLead: false)
            #expect(block.rowCount == rows)
            #expect(block.unevenRow == nil)
            #expect(block.events(column: 4, block.segments[0]).count == 1)
            #expect(block.cell(row: rows - 1, column: 4).isEmpty)
        }
    }

    @Test(arguments: [
        ("a,b\na\n", 1, 1), ("a,b,c\n", 0, 3), ("\na,b\n", 0, 1), ("a,b\n\na,b\n", 1, 1), ("a,b\nc,d\ne,f,g\n", 2, 3),
        (String(repeating: "a,b\n", count: 1000) + "a\nb\n", 1000, 1),
        (String(repeating: "x", count: 200) + "\n", 0, 1), (String(repeating: ",", count: 99) + "\n", 0, 100),
        ("a,b\n" + String(repeating: ",", count: 300) + "\na,b\n", 1, 301), ("a,b\na,b\nab\n", 2, 1),
    ])
    func unevenRowsAreFound(text: String, row: Int, cells: Int) {
        for (_, kernels) in kernelForms {
            for isFirst in [true, false] {
                let block = block("x,y\n" + text, kernels: kernels)
                block.cut(at: [], isFirst: isFirst)
                block.compare(columns: 2, hasStandardLead: false)
                #expect(block.unevenRow == row)
                #expect(block.cellCount(ofRow: row) == cells)
            }
        }
    }

    /// Fewer bytes than cells: found without room for the events of all of them.
    @Test func rowsThatAreTooShortToBeEvenAreFound() {
        let good = Array(repeating: "1", count: 1024).joined(separator: ",") + "\n"
        for (_, kernels) in kernelForms {
            let block = block(good + good + good + String(repeating: "\n", count: 100_000), kernels: kernels)
            block.cut(at: [50_000], isFirst: true)
            block.compare(columns: 1024, hasStandardLead: false)
            #expect(block.unevenRow == 2)
        }
    }

    /// The same behind a lead, where two times are read at one blow.
    @Test(arguments: [
        "e,s,1582329602000000,1582329602000001\n", "e,s,1582329602000000\n", "e,s\n", "e\n", "\n",
        "e,s,1582329602000000,1582329602000001,7,8,9\n", "e,s,1582329602000000,1582329602000001,7\n",
        "e,s,1582329602000000,1582329602000001,7,8,\n", ",,,,,,,,,\n", "e,s,1582329602000000,1582329602000001x\n",
    ])
    func unevenRowsAreFoundBehindALead(bad: String) {
        let good = "e,s,1582329602000000,1582329602000001,7,8\n"
        for (_, kernels) in kernelForms {
            for before in [1, 2, 3] {
                for isFirst in [true, false] where before > 1 || isFirst {
                    // The row under a bad one may not lead anywhere, either.
                    let rows = String(repeating: good, count: before - 1) + bad + good
                    let block = block(good + rows, kernels: kernels)
                    block.cut(at: [], isFirst: isFirst)
                    block.compare(columns: 6, hasStandardLead: true)
                    #expect(block.unevenRow == before - 1, "\(before) lines before")
                }
            }
            let under = block(bad + good + good, kernels: kernels)
            under.cut(at: [], isFirst: false)
            under.compare(columns: 6, hasStandardLead: true)
        }
    }

    @Test func whatIsNotASCIIIsSeen() {
        for (_, kernels) in kernelForms {
            for length in [1, 63, 64, 65, 128] {
                let text = String(repeating: "x", count: length)
                #expect(block(text + "\n", kernels: kernels).isASCII)
                for place in [0, length / 2, length - 1] {
                    var bytes = Array(text.utf8)
                    bytes[place] = 0xC3
                    bytes.append(0x0A)
                    let block = CSVBlock(kernels: kernels)
                    block.text.update(from: bytes, count: bytes.count)
                    block.count = bytes.count
                    block.index()
                    #expect(!block.isASCII)
                }
            }
        }
    }

    @Test func bytesOfSomeColumnsAreCounted() {
        let block = block("h\na,bb,ccc\n,,\naaaa,b,c\nshort\n")
        #expect(block.bytes(ofColumns: [0, 2], rows: 0..<3) == 1 + 3 + 0 + 0 + 4 + 1)
        #expect(block.bytes(ofColumns: [1, 2], rows: 3..<4) == 0)
        #expect(block.bytes(ofColumns: [], rows: 0..<4) == 0)
    }

    @Test func aReusedBlockKnowsNothingOfItsPast() throws {
        let block = block("a,b\nc,é\n")
        block.cut(at: [], isFirst: true)
        block.compare(columns: 2, hasStandardLead: false)
        block.isLast = true
        block.reset()
        #expect(block.count == 0 && block.rowCount == 0 && !block.isLast && block.segments == [] && block.isASCII)
        #expect(block.unevenRow == nil && block.lineAbove.isEmpty && block.startOfLastLine == 0)
    }
}

struct ColumnReaderTests {
    private func read(_ name: String, _ kind: ColumnKind, _ cells: [String]) throws -> ColumnReader {
        let reader = ColumnReader(name: name, kind: kind, position: 0, options: WriterOptions())
        let block = block("above\n" + cells.map { $0 + "\n" }.joined())
        block.cut(at: [], isFirst: true)
        block.compare(columns: 1, hasStandardLead: false)
        for segment in block.segments { try reader.read(block, segment, CellScratch()) }
        return reader
    }

    /// A cell that has the same key, were it not looked at closely, as the one before it is not the same number.
    @Test(arguments: [
        ["-5", "0-5"], ["-5", "00-5"], ["5", "+5"], [".5", "0.5", "."], ["0.", "."], ["12345678901234-5"],
        ["-5", "000000000000000-5"], ["1.5", "1.5.5"], ["-0", "-"], ["-0.", "-."], ["0"] + ["1e999"],
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

    /// In any row of many, with a dictionary and without: the row that is named is the bad one.
    @Test(arguments: [0, 3, 2000, 39_999], [7, 40_000])
    func theBadRowIsNamed(bad: Int, distinct: Int) {
        for (name, kind) in [("price", ColumnKind.number), ("expiration", .timestamp), ("is_snapshot", .boolean)] {
            let cells = (0..<40_000).map { row in
                row == bad ? "nan" : row % 11 == 5 ? "" : kind == .boolean ? "true" : String(row % distinct)
            }
            let error = #expect(throws: ColumnReader.BadCell.self) { try read(name, kind, cells) }
            #expect(error?.row == bad)
        }
    }

    @Test func aRequiredCellIsNotEmpty() {
        for (name, kind) in [("symbol", ColumnKind.text), ("timestamp", .timestamp)] {
            let error = #expect(throws: ColumnReader.BadCell.self) { try read(name, kind, ["1", "2", ""]) }
            #expect(error?.row == 2 && error?.reason == "is empty, but every row must have one")
        }
    }
}
