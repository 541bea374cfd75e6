import Parquet
import Testing

@testable import Ticks

@Suite(.timeLimit(.minutes(30)))
struct ConversionTests {
    @Test(arguments: TickType.allCases)
    func everyTypeIsConverted(type: TickType) async throws {
        let source = csv(type, rows: 600)
        let done = try await convert(gzip(source), type)
        #expect(done.summary.rows == 600)
        #expect(done.summary.csvBytes == Int64(source.count))
        #expect(done.summary.inputBytes == Int64(gzip(source).count))
        #expect(!done.summary.isPlainText)
        let plain = try await convert(source, type)
        #expect(plain.summary.isPlainText)
        #expect(done.summary.type == type)
        #expect(done.summary.unknownColumns == [])
        #expect(done.summary.localTimestamps == 1_582_329_602_418_379...1_582_329_603_017_379)
        #expect(done.metadata.fields.map(\.name) == type.header)
        #expect(done.metadata.rowGroups.map(\.sortedBy) == [[3]])
        for field in done.metadata.fields {
            let isRequired = ["exchange", "symbol", "timestamp", "local_timestamp"].contains(field.name)
            #expect(field.isNullable == !isRequired)
            let kind = try #require(TickType.kind(ofColumn: field.name))
            let expected: (PhysicalType, LogicalType) =
                switch kind {
                case .timestamp: (.int64, .timestampMicrosUTC)
                case .number: (.double, .none)
                case .text: (.byteArray, .string)
                case .boolean: (.boolean, .none)
                }
            #expect(field.physicalType == expected.0 && field.logicalType == expected.1, "\(field.name)")
        }
        var empty = Array(repeating: Int64(0), count: type.header.count)
        for line in source.split(separator: 0x0A).dropFirst() {
            for (index, cell) in line.split(separator: 0x2C, omittingEmptySubsequences: false).enumerated() {
                empty[index] += cell.isEmpty ? 1 : 0
            }
        }
        #expect(done.metadata.rowGroups[0].columns.map { $0.statistics?.nullCount ?? -1 } == empty)
    }

    @Test(arguments: Feeding.allCases)
    func theFileIsTheSameHoweverTheSourceArrives(feeding: Feeding) async throws {
        let source = gzip(csv(.quotes, rows: 700))
        let whole = try await convert(source, .quotes)
        #expect(try await convert(source, .quotes, feeding: feeding).file == whole.file)
        let alone = WorkPool(threads: 1)
        #expect(try await convert(source, .quotes, feeding: feeding, pool: alone).file == whole.file)
    }

    @Test func theFileIsTheSameHoweverTheTextIsPacked() async throws {
        let text = csv(.trades, rows: 500)
        let expected = try await convert(gzip(text), .trades).file
        let half = text.count / 2
        let lineEnd = try #require(text[half...].firstIndex(of: 0x0A)) + 1
        let sources: [(String, [UInt8])] = [
            ("plain", text), ("stored", storedGzip(text)),
            ("members at a line's end", gzip(Array(text[..<lineEnd])) + gzip(Array(text[lineEnd...]))),
            ("members inside a line", gzip(Array(text[..<half])) + storedGzip(Array(text[half...]))),
            ("an empty member first", gzip([]) + gzip(text)), ("an empty member last", gzip(text) + storedGzip([])),
            ("an empty member between", gzip(Array(text[..<half])) + gzip([]) + gzip(Array(text[half...]))),
            ("a member a byte", text.prefix(400).flatMap { gzip([$0]) } + gzip(Array(text.dropFirst(400)))),
            ("no final newline", gzip(text.dropLast())), ("a byte order mark", gzip([0xEF, 0xBB, 0xBF] + text)),
            ("a byte order mark, plain", [0xEF, 0xBB, 0xBF] + text),
            ("CRLF", gzip(csv(.trades, rows: 500, lineEnd: "\r\n"))),
            ("CRLF without the last LF", gzip(csv(.trades, rows: 500, lineEnd: "\r\n").dropLast())),
        ]
        for (name, source) in sources {
            for feeding in [Feeding.whole, .sevens] {
                #expect(try await convert(source, .trades, feeding: feeding).file == expected, "\(name), \(feeding)")
            }
        }
    }

    /// Zeros up to the end, as tapes and block devices leave them: gzip(1) says nothing about them, and neither do we.
    @Test(arguments: [1, 2, 7, 8, 511, 512, 70_000])
    func zerosBehindTheStreamArePadding(count: Int) async throws {
        let text = csv(.trades, rows: 50)
        let expected = try await convert(text, .trades).file
        let zeros = Array(repeating: UInt8(0), count: count)
        for (name, stream) in [
            ("one member", gzip(text)), ("two members", gzip(Array(text[..<80])) + gzip(Array(text[80...]))),
            ("stored", storedGzip(text)), ("an empty member last", gzip(text) + gzip([])),
        ] {
            for feeding in Feeding.allCases where count <= 512 || feeding != .bytes {
                let done = try await convert(stream + zeros, .trades, feeding: feeding)
                #expect(done.file == expected, "\(name), \(feeding)")
                #expect(done.summary.inputBytes == Int64(stream.count + count))
            }
        }
    }

    /// A cut at each place around the stream's end, so that the last byte of the trailer and the zeros come apart.
    @Test func paddingMayArriveInAnyPieces() async throws {
        let source = gzip(csv(.trades, rows: 20)) + [0, 0, 0]
        for cut in (source.count - 12)...(source.count - 1) {
            let converter = TickConverter(
                options: ConversionOptions(source: "day.csv.gz", type: .trades),
                pool: sharedPool
            )
            let done = try await run(converter, [Array(source[..<cut]), Array(source[cut...])])
            #expect(done.summary.rows == 20, "cut at \(cut)")
        }
    }

    /// Text that ends just before, at and behind the end of a block, and inflated text that waits inside the inflater while the
    /// block is full.
    @Test(arguments: [-64, -1, 0, 1, 64, 4096])
    func blocksMayEndAnywhere(extra: Int) async throws {
        let line = "deribit,\(String(repeating: "B", count: 200)),1,2,3,buy,4,5\n"
        let head = TickType.trades.header.joined(separator: ",") + "\n"
        let size = 2 * CSVBlock.target + extra
        // The first row's id takes what is left over.
        let rest = (size - head.utf8.count) % line.utf8.count
        let rows = (size - head.utf8.count) / line.utf8.count
        let first = line.replacing(",3,", with: ",3\(String(repeating: "3", count: rest)),")
        let text = Array((head + first + String(repeating: line, count: rows - 1)).utf8)
        try #require(text.count == size)
        for source in [gzip(text), storedGzip(text), text] {
            for feeding in [Feeding.whole, .random] {
                #expect(try await convert(source, .trades, feeding: feeding).summary.rows == Int64(rows))
            }
        }
    }

    @Test func severalRowGroupsKeepTheirRows() async throws {
        let rows = 140_000
        var text = Array("exchange,symbol,timestamp,local_timestamp\n".utf8)
        for row in 0..<rows { text += "e,s,\(row),\(row)\n".utf8 }
        let done = try await convert(gzip(text))
        #expect(done.metadata.rowGroups.map(\.rowCount) == [131_072, 8928])
        #expect(done.metadata.bounds(ofColumn: "local_timestamp", rowGroup: 1) == 131_072...139_999)
        #expect(done.summary.localTimestamps == 0...139_999)
        #expect(done.summary.type == nil)
        #expect(done.metadata.rowGroups.allSatisfy { $0.sortedBy == [3] })
    }

    // MARK: Headers

    @Test func reorderedColumnsKeepTheirOrderAndKind() async throws {
        let header = Array(TickType.trades.header.reversed())
        let done = try await convert(gzip(csv(.trades, rows: 100, header: header)), .trades)
        #expect(done.metadata.fields.map(\.name) == header)
        #expect(done.summary.rows == 100)
        #expect(try await convert(gzip(csv(.trades, rows: 100, header: header))).summary.type == .trades)
    }

    @Test func unknownColumnsAreCarriedAsTextAndNamed() async throws {
        let header = TickType.trades.header + ["flags", "price2"]
        let done = try await convert(gzip(csv(.trades, rows: 100, header: header)), .trades)
        #expect(done.summary.unknownColumns == ["flags", "price2"])
        #expect(done.metadata.fields.suffix(2).map(\.logicalType) == [.string, .string])
        #expect(done.metadata.fields.suffix(2).map(\.isNullable) == [true, true])
    }

    @Test(arguments: [true, false], [nil, TickType.trades])
    func aHeaderAloneIsAnEmptyFile(hasNewline: Bool, type: TickType?) async throws {
        let text = Array((TickType.trades.header.joined(separator: ",") + (hasNewline ? "\n" : "")).utf8)
        for source in [gzip(text), text] {
            let done = try await convert(source, type)
            #expect(done.summary.rows == 0)
            #expect(done.summary.localTimestamps == nil)
            #expect(done.metadata.rowGroups.isEmpty)
            #expect(done.metadata.fields.map(\.name) == TickType.trades.header)
        }
    }

    @Test(arguments: TickType.allCases)
    func aSourceWithoutAByteIsAnEmptyFileOfItsType(type: TickType) async throws {
        for source in [[], gzip([]), storedGzip([])] {
            let done = try await convert(source, type)
            #expect(done.summary.rows == 0)
            #expect(done.metadata.fields.map(\.name) == type.header)
        }
    }

    @Test func theFooterCarriesWhatItIsGiven() async throws {
        var options = ConversionOptions(source: "x", type: .trades)
        options.keyValues = [KeyValue("tardis.exchange", "deribit")]
        options.createdBy = "tests 1.0"
        let done = try await run(TickConverter(options: options, pool: sharedPool), [gzip(csv(.trades, rows: 3))])
        #expect(done.metadata.keyValues == [KeyValue("tardis.exchange", "deribit"), KeyValue("rows", "3")])
        #expect(done.metadata.createdBy == "tests 1.0")
    }
}
