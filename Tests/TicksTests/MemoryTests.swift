import Parquet
import Testing

@testable import Ticks

/// Sources that are small and would become large: what is in memory at a time stays bounded. Tests/e2e/convert.sh measures it.
@Suite(.timeLimit(.minutes(30)))
struct MemoryTests {
    private static let head = Array((TickType.trades.header.joined(separator: ",") + "\n").utf8)

    /// 65 distinct ids of 60 kB; 131,072 rows of them would be 7.8 GB of text.
    @Test func rowGroupsEndWhereRowsAreLarge() async throws {
        let rows = 1200
        let ids = (0..<65).map { Array(repeating: UInt8(0x61 + $0 % 26), count: 59_998) + Array("\($0 + 10)".utf8) }
        var source = Self.head
        source.reserveCapacity(rows * 60_100)
        for row in 0..<rows {
            source += "deribit,B,\(row),\(row),".utf8
            source += ids[row % 65]
            source += ",buy,4,5\n".utf8
        }
        let done = try await convert(source, .trades)
        #expect(done.summary.rows == Int64(rows))
        #expect(done.metadata.rowGroups.count == 3)
        for group in done.metadata.rowGroups {
            #expect(Int(group.rowCount) * 60_000 <= RowGroupLimits.mostTextBytes + CSVBlock.target + 60_100)
        }
        #expect(done.metadata.rowGroups.reduce(0) { $0 + $1.rowCount } == Int64(rows))
        #expect(done.metadata.bounds(ofColumn: "local_timestamp", rowGroup: 2)?.upperBound == Int64(rows - 1))
        #expect(done.file.count < 20_000_000)
        // The same file, however the source arrives.
        let again = try await convert(source, .trades, feeding: .random, pool: WorkPool(threads: 1))
        let isSame = again.file == done.file
        #expect(isSame)
    }

    /// The limit is one of text: what is long in other columns takes eight bytes a cell.
    @Test func wideRowsOfNumbersFillTheirRowGroups() async throws {
        let header = TickType.bookSnapshot25.header
        var source = Array((header.joined(separator: ",") + "\n").utf8)
        let numbers = header.dropFirst(4).map { _ in "12345." + String(repeating: "0", count: 200) }.joined(
            separator: ","
        )
        let rows = 1_700
        for row in 0..<rows { source += "deribit,B,\(row),\(row),\(numbers)\n".utf8 }
        try #require(source.count > RowGroupLimits.mostTextBytes)
        let done = try await convert(source, .bookSnapshot25)
        #expect(done.metadata.rowGroups.map(\.rowCount) == [Int64(rows)])
    }

    @Test(
        arguments: [
            (TickType.trades, 262_144), (.liquidations, 262_144), (.incrementalBookL2, 262_144), (.quotes, 131_072),
            (.bookTicker, 131_072), (.derivativeTicker, 131_072), (.bookSnapshot5, 131_072), (.optionsChain, 131_072),
            (.bookSnapshot25, 131_072),
        ] as [(TickType, Int)]
    )
    func rowGroupsHaveTheRowsThatWereMeasured(type: TickType, rows: Int) {
        #expect(RowGroupLimits.mostRows(type.header) == rows)
    }

    /// Every cell is another one than that above: each takes 6 to 12 bytes until its row group is written.
    @Test func rowGroupsEndWhereCellsChange() async throws {
        let header = TickType.bookSnapshot25.header
        let rows = 60_000
        var source = Array((header.joined(separator: ",") + "\n").utf8)
        for row in 0..<rows {
            source += "deribit,B,\(row),\(row)".utf8
            for _ in header.dropFirst(4) { source += row % 2 == 0 ? [0x2C, 0x31] : [0x2C, 0x32] }
            source.append(0x0A)
        }
        let done = try await convert(source, .bookSnapshot25)
        let changes = done.metadata.rowGroups.map { Int($0.rowCount) * (header.count - 4) }
        #expect(changes.count == 2 && changes.reduce(0, +) == rows * (header.count - 4))
        // Three blocks more, of which nothing is known when the last one is cut.
        #expect(changes[0] >= RowGroupLimits.mostChanges)
        #expect(changes[0] <= RowGroupLimits.mostChanges + 3 * CSVBlock.target / 2)
        for threads in 1...3 {
            let again = try await convert(source, .bookSnapshot25, feeding: .random, pool: WorkPool(threads: threads))
            let isSame = again.file == done.file
            #expect(isSame)
        }
    }

    @Test func changesCountForTheirOwnRowGroup() throws {
        var limits = RowGroupLimits(mostRows: 25, textColumns: [])
        let ten = block("a,b\n" + String(repeating: "1,2\n", count: 10))
        #expect(limits.ends(in: ten) == [])
        #expect(limits.ends(in: ten) == [])
        limits.note(changes: [RowGroupLimits.mostChanges - 1])
        // Of the third block the first five rows are of the first group.
        #expect(limits.ends(in: ten) == [5])
        limits.note(changes: [1])
        #expect(limits.ends(in: ten) == [])
        limits.note(changes: [RowGroupLimits.mostChanges, 7])
        #expect(limits.ends(in: ten) == [10])
        limits.note(changes: [RowGroupLimits.mostChanges])
        #expect(limits.ends(in: ten) == [])
    }

    @Test func limitsFollowRowsAndTexts() throws {
        func ends(_ blocks: [(rows: Int, id: Int)], mostRows: Int) -> [[Int]] {
            var limits = RowGroupLimits(mostRows: mostRows, textColumns: [0])
            return blocks.map { rows, id in
                let block = block("a,b\n" + String(repeating: String(repeating: "i", count: id) + ",1\n", count: rows))
                return limits.ends(in: block)
            }
        }
        #expect(ends([(10, 1), (10, 1), (10, 1)], mostRows: 10) == [[10], [10], [10]])
        #expect(ends([(10, 1), (10, 1), (5, 1)], mostRows: 4) == [[4, 8], [2, 6, 10], [4]])
        #expect(ends([(3, 1), (3, 1), (3, 1)], mostRows: 8) == [[], [], [2]])
        // 32 blocks of about a mebibyte reach the limit; then the count begins again, for the rows too.
        let large = Array(repeating: (rows: 10, id: 104_850), count: 70)
        let found = ends(large, mostRows: 600)
        #expect(found.indices.filter { found[$0] != [] } == [32, 65])
        #expect(found[32] == [10] && found[65] == [10])
    }

    @Test func aCellOfAHundredMegabytesIsRefused() async {
        let cell = [UInt8](repeating: 0x61, count: 100_000_000)
        let error = TickError(.row, "day.csv.gz, line 2: a line of more than 1048576 bytes")
        let source = Self.head + Array("deribit,B,1,2,".utf8) + cell + Array(",buy,4,5\n".utf8)
        for source in [source, gzip(source)] {
            let refused = await refusal(source, .trades)
            #expect(refused == error)
        }
        #expect(
            await refusal(Array("exchange,".utf8) + cell)
                == TickError(.row, "day.csv.gz, line 1: a line of more than 1048576 bytes")
        )
    }

    @Test(arguments: [1024, 1025, 100_000])
    func columnsAreCounted(count: Int) async throws {
        let names = TickType.trades.header + (TickType.trades.header.count..<count).map { "c\($0)" }
        let row = "deribit,B,1,2,3,buy,4,5" + String(repeating: ",x", count: count - 8) + "\n"
        let source = Array((names.joined(separator: ",") + "\n" + row + row).utf8)
        guard count > TickHeader.mostColumns else {
            let done = try await convert(source, .trades)
            #expect(done.summary.rows == 2)
            #expect(done.metadata.fields.count == count)
            return
        }
        #expect(
            await refusal(source)
                == TickError(.header, "day.csv.gz: the header has \(count) columns; a tick file has at most 1024")
        )
    }

    @Test(arguments: [255, 256])
    func columnNamesAreShort(length: Int) async throws {
        let name = String(repeating: "n", count: length)
        let source = Array("exchange,symbol,timestamp,local_timestamp,\(name)\ne,s,1,2,x\n".utf8)
        guard length > TickHeader.longestName else {
            #expect(try await convert(source).metadata.fields.last?.name == name)
            return
        }
        #expect(
            await refusal(source)
                == TickError(
                    .header,
                    "day.csv.gz: the header has a column whose name is 256 bytes long: '\(name.prefix(80))…'"
                )
        )
    }
}
