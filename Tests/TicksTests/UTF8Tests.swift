import Parquet
import Testing

@testable import Ticks

@Suite(.timeLimit(.minutes(30)))
struct UTF8Tests {
    private func firstBad(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer(UTF8Check.firstBad) }

    @Test(arguments: [
        [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xE1, 0x80, 0x80], [0xEC, 0xBF, 0xBF],
        [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xEF, 0xBF, 0xBF],
        [0xF0, 0x90, 0x80, 0x80], [0xF3, 0xBF, 0xBF, 0xBF], [0xF4, 0x80, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        Array("币安人生USDT naïve 🚀".utf8),
    ])
    func wellFormedTextIsTaken(bytes: [UInt8]) {
        for front in 0..<18 {
            let padded = Array(repeating: 0x61, count: front) + bytes
            #expect(firstBad(padded) == nil)
            #expect(firstBad(padded + Array(repeating: 0x61, count: 9)) == nil)
        }
    }

    @Test(arguments: [
        ("a continuation alone", [0x80]), ("another", [0xBF]), ("an overlong NUL", [0xC0, 0x80]),
        ("an overlong slash", [0xC0, 0xAF]), ("overlong in two bytes", [0xC1, 0xBF]),
        ("overlong in three", [0xE0, 0x80, 0x80]), ("overlong in three, the last", [0xE0, 0x9F, 0xBF]),
        ("overlong in four", [0xF0, 0x80, 0x80, 0x80]), ("overlong in four, the last", [0xF0, 0x8F, 0xBF, 0xBF]),
        ("the first surrogate", [0xED, 0xA0, 0x80]), ("the last surrogate", [0xED, 0xBF, 0xBF]),
        ("U+110000", [0xF4, 0x90, 0x80, 0x80]), ("beyond", [0xF5, 0x80, 0x80, 0x80]),
        ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]),
        ("no byte of UTF-8", [0xFE]), ("nor this", [0xFF]), ("Latin-1", [0xE9]), ("cut after one", [0xC3]),
        ("cut after one of three", [0xE4]), ("cut after two", [0xE4, 0xBA]), ("cut after three", [0xF0, 0x9F, 0x9A]),
        ("a lead in place of a continuation", [0xE4, 0xBA, 0xE4]), ("ASCII in its place", [0xF0, 0x9F, 0x41, 0x80]),
    ])
    func anythingElseIsFoundWhereItBegins(what: String, bytes: [UInt8]) {
        for front in 0..<18 {
            let padded = Array(repeating: 0x61, count: front) + bytes
            #expect(firstBad(padded) == front, "\(what) after \(front)")
            #expect(firstBad(padded + Array(repeating: 0x61, count: 9)) == front, "\(what) between \(front) and 9")
            #expect(firstBad(Array("é".utf8) + padded) == front + 2)
        }
    }

    /// Lead bytes at each border, all second bytes, and what may follow, against the standard library.
    @Test func theStandardLibraryAgrees() {
        var wrong: [[UInt8]] = []
        func compare(_ bytes: [UInt8]) {
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            if (firstBad(bytes) == nil) != isValid { wrong.append(bytes) }
        }
        let leads: [UInt8] = [
            0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in leads {
            compare([first])
            for second in UInt8.min...UInt8.max {
                compare([first, second])
                for third in [0x41, 0x7F, 0x80, 0xBF, 0xC0] as [UInt8] {
                    compare([first, second, third])
                    for fourth in [0x80, 0xC0] as [UInt8] where first >= 0xF0 {
                        compare([first, second, third, fourth])
                    }
                }
            }
        }
        #expect(wrong == [])
    }

    // MARK: Whole conversions

    private static let columns = TickType.trades.header + ["note"]
    private static let head = Array((columns.joined(separator: ",") + "\n").utf8)

    private func row(_ cells: [String: [UInt8]], lineEnd: String = "\n") -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, name) in Self.columns.enumerated() {
            let usual = ["deribit", "B", "1", "2", "3", "buy", "4", "5", "n"][index]
            bytes += cells[name] ?? Array(usual.utf8)
            if index < Self.columns.count - 1 { bytes.append(0x2C) }
        }
        return bytes + Array(lineEnd.utf8)
    }

    /// Each text column, also one that Tardis does not have, in the first row, among few texts, and among so many that no
    /// dictionary is kept.
    @Test(arguments: ["exchange", "symbol", "id", "side", "note"], [0, 1, 5000])
    func theCellIsNamedWithItsByte(column: String, before: Int) async {
        for manyTexts in [false, true] {
            var source = Self.head
            for index in 0..<before { source += row(manyTexts ? [column: Array("t\(index)é".utf8)] : [:]) }
            source += row([column: Array("ab".utf8) + [0xC3, 0x28] + Array("c".utf8)])
            source += row([:])
            let error = await refusal(gzip(source), .trades)
            #expect(error?.kind == .row)
            #expect(
                error?.description == "day.csv.gz, line \(before + 2), column \(column): 'ab\u{FFFD}(c' "
                    + "is not UTF-8: its byte at offset 2 is 0xc3"
            )
        }
    }

    /// In a block that has other blocks before it, and in another row group.
    @Test func theLineIsRightHoweverFarIntoTheFile() async {
        let rows = 135_000
        var source = Self.head
        let line = row([:])
        source.reserveCapacity(line.count * (rows + 2))
        for _ in 0..<rows { source += line }
        source += row(["note": [0xFF]])
        #expect(
            await refusal(source, .trades)?.description
                == "day.csv.gz, line \(rows + 2), column note: '\u{FFFD}' is not UTF-8: its byte at offset 0 is 0xff"
        )
    }

    @Test(arguments: ["\n", "\r\n"])
    func theLastColumnAndTheLastLineAreCheckedToo(lineEnd: String) async {
        let bad = row(["note": [0x61, 0xFF]], lineEnd: lineEnd)
        for source in [Self.head + bad, Self.head + bad.dropLast(lineEnd.utf8.count), Self.head + bad + row([:])] {
            for feeding in Feeding.allCases {
                let error = await refusal(Array(source), .trades, feeding: feeding)
                #expect(
                    error?.description == "day.csv.gz, line 2, column note: 'a\u{FFFD}' "
                        + "is not UTF-8: its byte at offset 1 is 0xff"
                )
            }
        }
    }

    /// A character that is cut by the end of its cell is not completed by what the next cell begins with.
    @Test func aCharacterDoesNotReachIntoTheNextCell() async {
        let source = Self.head + row(["id": [0xC3], "side": [0xA9]])
        #expect(
            await refusal(source, .trades)?.description
                == "day.csv.gz, line 2, column id: '\u{FFFD}' is not UTF-8: its byte at offset 0 is 0xc3"
        )
    }

    @Test func theHeaderIsCheckedToo() async {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        for front in [[], mark] {
            let source =
                front + Array("exchange,symbol,timestamp,local_timestamp,fl".utf8) + [0xE9] + Array("gs\n".utf8)
            let error = await refusal(source)
            #expect(error?.kind == .header)
            #expect(
                error?.description
                    == "day.csv.gz, line 1, column 5: 'fl\u{FFFD}gs' is not UTF-8: its byte at offset 2 is 0xe9"
            )
        }
    }

    @Test func numbersAndTimesAreRefusedAsBefore() async {
        #expect(
            await refusal(Self.head + row(["price": [0x34, 0xFF]]))?.description.hasSuffix("is not a number") == true
        )
    }

    @Test func otherAlphabetsAreKept() async throws {
        var source = Self.head
        for index in 0..<6000 {
            source += row(["symbol": Array("币安人生USDT".utf8), "note": Array("🚀 \(index)".utf8), "id": Array("é".utf8)])
        }
        let done = try await convert(gzip(source), .trades, feeding: .random)
        #expect(done.summary.rows == 6000)
        let symbol = done.metadata.rowGroups[0].columns[1].statistics
        #expect(symbol?.minimum == Array("币安人生USDT".utf8) && symbol?.maximum == symbol?.minimum)
    }
}
