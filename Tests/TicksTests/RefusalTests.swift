import Testing

@testable import Ticks

@Suite(.timeLimit(.minutes(30)))
struct RefusalTests {
    private static let head = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
    private static let good = "deribit,B,1,2,3,buy,4,5\n"

    @Test(arguments: [
        ("deribit,B,1,2,3,buy,4", "7 cells where the header has 8: 'deribit,B,1,2,3,buy,4'"),
        ("deribit,B,1,2,3,buy,4,5,6", "9 cells where the header has 8: 'deribit,B,1,2,3,buy,4,5,6'"),
        ("", "1 cell where the header has 8: ''"),
        ("<html>", "1 cell where the header has 8: '<html>'"),
    ])
    func unevenRowsAreNamed(row: String, reason: String) async {
        let source = Array((Self.head + Self.good + row + "\n" + Self.good).utf8)
        for source in [gzip(source), source] {
            let error = await refusal(source, .trades)
            #expect(error?.kind == .row)
            #expect(error?.description == "day.csv.gz, line 3: " + reason)
        }
    }

    @Test(arguments: [
        ("deribit,B,1,2,3,buy,4x,5", "price", "4x", "is not a number"),
        ("deribit,B,1,2,3,buy,4,nan", "amount", "nan", "is not a number"),
        ("deribit,B,1,2,3,buy,4,5 ", "amount", "5 ", "is not a number"),
        ("deribit,B,1,2,3,buy,\"4\",5", "price", "\"4\"", "is not a number"),
        ("deribit,B,x,2,3,buy,4,5", "timestamp", "x", "is not a time in whole microseconds (a 64-bit integer)"),
        ("deribit,B,1.5,2,3,buy,4,5", "timestamp", "1.5", "is not a time in whole microseconds (a 64-bit integer)"),
        (
            "deribit,B,1,9223372036854775808,3,buy,4,5", "local_timestamp", "9223372036854775808",
            "is not a time in whole microseconds (a 64-bit integer)"
        ),
        (",B,1,2,3,buy,4,5", "exchange", "", "is empty, but every row must have one"),
        ("deribit,,1,2,3,buy,4,5", "symbol", "", "is empty, but every row must have one"),
        ("deribit,B,,2,3,buy,4,5", "timestamp", "", "is empty, but every row must have one"),
        ("deribit,B,1,,3,buy,4,5", "local_timestamp", "", "is empty, but every row must have one"),
        ("deribit,B,1,2,3,buy,a\tb\u{7F},5", "price", "a b ", "is not a number"),
    ])
    func badCellsAreNamed(row: String, column: String, text: String, reason: String) async {
        for lineEnd in ["\n", "\r\n"] {
            let source = (Self.head + Self.good + row + "\n").replacing("\n", with: lineEnd)
            let error = await refusal(gzip(Array(source.utf8)), .trades)
            #expect(error?.kind == .row)
            #expect(error?.description == "day.csv.gz, line 3, column \(column): '\(text)' \(reason)")
        }
    }

    @Test(arguments: ["True", "1", "f", "truefalse"])
    func badBooleansAreNamed(cell: String) async {
        let source =
            "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nd,B,1,2,\(cell),bid,4,5\n"
        let error = await refusal(Array(source.utf8))
        #expect(error?.description == "day.csv.gz, line 2, column is_snapshot: '\(cell)' is neither true nor false")
    }

    @Test func longTextIsCutInTheMessage() async {
        let source = Self.head + "deribit,B,1,2,3,buy,\(String(repeating: "9", count: 100))x,5\n"
        let error = await refusal(gzip(Array(source.utf8)))
        let shown = String(repeating: "9", count: 80) + "…"
        #expect(error?.description == "day.csv.gz, line 2, column price: '\(shown)' is not a number")
    }

    /// Blocks of a mebibyte hold about 40,000 of these rows.
    @Test(arguments: [0, 1, 40_000, 65_000, 99_999])
    func theLineIsRightHoweverFarIntoTheFile(row: Int) async {
        var text = Array(Self.head.utf8)
        for index in 0..<100_000 {
            text += index == row ? Array("deribit,B,1,2,3,buy,4,!\n".utf8) : Array(Self.good.utf8)
        }
        let error = await refusal(gzip(text), .trades, feeding: .random)
        #expect(error?.description == "day.csv.gz, line \(row + 2), column amount: '!' is not a number")
        var short = Array(Self.head.utf8)
        for index in 0..<100_000 { short += index == row ? [0x78, 0x0A] : Array(Self.good.utf8) }
        let other = await refusal(gzip(short), .trades, feeding: .random)
        #expect(other?.description == "day.csv.gz, line \(row + 2): 1 cell where the header has 8: 'x'")
    }

    @Test func aLineOfMoreThanAMebibyteIsRefused() async {
        let long = String(repeating: "x", count: CSVBlock.longestLine)
        let inside = Array((Self.head + Self.good + "deribit,\(long),1,2,3,buy,4,5\n").utf8)
        #expect(
            await refusal(gzip(inside), .trades)
                == TickError(.row, "day.csv.gz, line 3: a line of more than 1048576 bytes")
        )
        let first = Array(("exchange," + long).utf8)
        #expect(
            await refusal(gzip(first), .trades)
                == TickError(.row, "day.csv.gz, line 1: a line of more than 1048576 bytes")
        )
    }

    @Test func aLineJustBelowTheLimitIsTaken() async throws {
        let row = "deribit,\(String(repeating: "x", count: CSVBlock.longestLine - 40)),1,2,3,buy,4,5\n"
        let source = gzip(Array((Self.head + Self.good + row + row + Self.good).utf8))
        #expect(try await convert(source, .trades).summary.rows == 4)
    }

    // MARK: Headers and bodies

    @Test(arguments: [
        (
            "<!DOCTYPE html>\n<html>", TickError.Kind.notTicks,
            "day.csv.gz: this is a web page, not tick data: '<!DOCTYPE html> <html>'"
        ),
        ("\n <html>", .notTicks, "day.csv.gz: this is a web page, not tick data: '  <html>'"),
        (
            "{\"code\":140,\"message\":\"no\"}", .notTicks,
            "day.csv.gz: this is JSON, not tick data: '{\"code\":140,\"message\":\"no\"}'"
        ),
        ("[1]", .notTicks, "day.csv.gz: this is JSON, not tick data: '[1]'"),
        (
            "no such thing", .notTicks,
            "day.csv.gz: its first line is no header of a Tardis file, read as plain CSV, as it is not gzip; it begins with 'no such thing'"
        ),
        ("PK\u{3}\u{4}", .notTicks, "day.csv.gz: this is a zip file, not gzip or CSV"),
        (
            "exchange,symbol,timestamp,local_timestamp,id,side,price,price\n", .header,
            "day.csv.gz: the header has column 'price' twice"
        ),
        (
            "exchange,symbol,timestamp,local_timestamp,id,side,price\n", .header,
            "day.csv.gz: the header has no column 'amount', which trades must have; it has: "
                + "exchange,symbol,timestamp,local_timestamp,id,side,price"
        ),
        (
            "exchange,symbol,time,local_timestamp,id,side,price\n", .header,
            "day.csv.gz: the header has no column 'timestamp', 'amount', which trades must have; it has: "
                + "exchange,symbol,time,local_timestamp,id,side,price"
        ),
    ])
    func otherBodiesAreNamed(body: String, kind: TickError.Kind, description: String) async {
        for feeding in [Feeding.whole, .sevens] {
            let error = await refusal(Array(body.utf8), .trades, feeding: feeding)
            #expect(error == TickError(kind, description))
        }
    }

    @Test func bytesThatAreNeitherGzipNorTextAreNamed() async {
        #expect(
            await refusal([0x28, 0xB5, 0x2F, 0xFD].reversed(), .trades)
                == TickError(
                    .notTicks,
                    "day.csv.gz: neither gzip (1f 8b) nor CSV text; it begins with the bytes fd 2f b5 28"
                )
        )
    }

    @Test func withoutATypeEveryTickFileNeedsTheCommonColumns() async {
        let error = await refusal(Array("exchange,price\nd,1\n".utf8))
        #expect(
            error?.description == "day.csv.gz: the header has no column 'symbol', 'timestamp', 'local_timestamp', "
                + "which every tick file must have; it has: exchange,price"
        )
    }

    @Test func anEmptySourceWithoutATypeIsAQuestion() async {
        for source in [[], gzip([])] {
            #expect(
                await refusal(source)
                    == TickError(
                        .unknownType,
                        "day.csv.gz: it is empty, without even a header; where its data type is given an empty Parquet file is made of it"
                    )
            )
        }
    }

    // MARK: gzip

    @Test func aStreamThatIsCutAnywhereIsTruncated() async {
        let small = gzip(csv(.trades, rows: 20))
        for cut in 2..<small.count {
            #expect(
                await refusal(Array(small.prefix(cut)), .trades)
                    == TickError(
                        .truncated,
                        "day.csv.gz: the gzip stream is cut off after \(cut) bytes; download it again"
                    )
            )
        }
        let large = storedGzip(Array((Self.head + String(repeating: Self.good, count: 100_000)).utf8))
        var random = SeededRandom(seed: 81)
        for cut in (0..<12).map({ _ in Int.random(in: 2..<large.count, using: &random) }) + [large.count - 1] {
            let error = await refusal(Array(large.prefix(cut)), .trades, feeding: .random)
            #expect(error?.kind == .truncated, "cut at \(cut)")
        }
    }

    @Test func aSecondMemberThatIsCutIsTruncated() async {
        let first = gzip(csv(.trades, rows: 20))
        for extra in 1..<10 {
            #expect(await refusal(first + first.prefix(extra), .trades)?.kind == .truncated)
        }
    }

    @Test(arguments: 1...8)
    func aWrongChecksumOrLengthIsDamage(fromTheEnd: Int) async {
        for source in [gzip(csv(.trades, rows: 200)), storedGzip(csv(.trades, rows: 200))] {
            var damaged = source
            damaged[source.count - fromTheEnd] ^= 0x10
            #expect(
                await refusal(damaged, .trades)
                    == TickError(
                        .corrupt,
                        "day.csv.gz: the gzip stream is damaged: its checksum (CRC-32) or length does not fit its content; "
                            + "download it again"
                    )
            )
        }
    }

    @Test func aChangedByteInsideIsDamage() async {
        var damaged = storedGzip(csv(.trades, rows: 200))
        damaged[damaged.count / 2] ^= 1
        let error = await refusal(damaged, .trades)
        #expect(error?.kind == .corrupt || error?.kind == .row)
    }

    @Test func whatFollowsTheStreamIsNamed() async {
        let source = gzip(csv(.trades, rows: 20))
        #expect(
            await refusal(source + Array("trailing\n".utf8), .trades)
                == TickError(
                    .corrupt,
                    "day.csv.gz: there is something else after the end of the gzip stream, at byte \(source.count): 'trailing '"
                )
        )
        // As gzip(1) does, which calls these "trailing garbage": a member behind padding, and anything else there.
        for (behind, shown) in [
            (source, "\u{1F}\u{8B}"), (Array("x".utf8), "x"), ([0x1F], "\u{1F}"), ([1, 0, 0], "\u{1}"),
        ] {
            for feeding in Feeding.allCases {
                let error = await refusal(source + [0, 0, 0] + behind, .trades, feeding: feeding)
                let text =
                    "day.csv.gz: there is something else after the end of the gzip stream, at byte \(source.count + 3): '"
                #expect(error?.kind == .corrupt && error?.description.hasPrefix(text) == true, "\(shown), \(feeding)")
            }
        }
        // Zeros in front are no gzip at all.
        #expect(await refusal([0, 0] + source, .trades)?.kind == .notTicks)
        // A second member with a bad header.
        let error = await refusal(source + [0x1F] + Array(repeating: 0, count: 20), .trades)
        #expect(error?.kind == .corrupt)
        #expect(error?.description.hasSuffix("its header is not gzip's; download it again") == true)
    }
}
