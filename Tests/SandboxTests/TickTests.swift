@testable import Sandbox
import Testing

@Suite struct TickTests {
    private func file(_ type: TickGenerator.DataType, _ symbol: String = "BTCUSDT", rows: Int = 2_000) throws
        -> TickGenerator
    {
        let day = try #require(TickDay("2023-06-02"))
        let exchange = type == .optionsChain ? "deribit" : "binance-futures"
        return TickGenerator(exchange: exchange, dataType: type, day: day, symbol: symbol, size: .rows(rows))
    }

    private func rows(_ generator: TickGenerator) -> [[Substring]] {
        String(decoding: generator.csv(), as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    @Test(arguments: TickGenerator.DataType.allCases)
    func everyTypeHasItsColumnsAndAnAscendingDay(type: TickGenerator.DataType) throws {
        let rows = try rows(file(type))
        #expect(rows.count == 2_001)
        #expect(rows[0].joined(separator: ",") == type.header)
        #expect(rows.allSatisfy { $0.count == rows[0].count })
        let arrivals = rows.dropFirst().compactMap { Int($0[3]) }
        #expect(arrivals.count == 2_000)
        #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $0 <= $1 })
        let midnight = 1_685_664_000_000_000
        #expect(arrivals.first.map { $0 - midnight < 600_000_000 } == true)
        #expect(arrivals.allSatisfy { $0 >= midnight && $0 < midnight + 86_400_000_000 })
        #expect(arrivals.last.map { $0 - midnight > 80_000_000_000 } == true)
        #expect(
            rows.dropFirst().allSatisfy { row in
                (Int(row[2]) ?? 0) % 1_000 == 0 && (Int(row[2]) ?? Int.max) < Int(row[3]) ?? 0
            }
        )
    }

    @Test(arguments: [
        ("trades", 8), ("book_snapshot_5", 24), ("book_snapshot_25", 104), ("options_chain", 24),
        ("derivative_ticker", 11),
    ])
    func headersHaveTardissWidth(type: String, columns: Int) throws {
        #expect(try #require(TickGenerator.DataType(rawValue: type)).header.split(separator: ",").count == columns)
    }

    @Test(arguments: TickGenerator.DataType.allCases)
    func theSameRequestGivesTheSameBytesAndAnotherOthers(type: TickGenerator.DataType) throws {
        #expect(try file(type, rows: 50).csv() == file(type, rows: 50).csv())
        #expect(try file(type, rows: 50).csv() != file(type, "ETHUSDT", rows: 50).csv())
    }

    @Test(arguments: ["BTCUSDT", "PEPEUSDT", "XRPUSDT", "SOMECOIN"])
    func numbersAreJavaScriptsShortestText(symbol: String) throws {
        for type in [TickGenerator.DataType.trades, .bookSnapshot25, .derivativeTicker] {
            let numbers = try rows(file(type, symbol)).dropFirst().flatMap { $0.dropFirst(type == .trades ? 6 : 4) }
                .filter { !$0.isEmpty }
            #expect(numbers.allSatisfy { isShortest($0) })
        }
    }

    private func isShortest(_ text: Substring) -> Bool {
        guard let value = Double(text), value.isFinite else { return false }
        if text.contains("e") { return value.magnitude < 1e-6 && !text.contains("e-0") && !text.contains(".0e") }
        let isPlainTail = !text.contains(".") || (text.last != "0" && text.last != ".")
        return isPlainTail && (value == 0 || value.magnitude >= 1e-6)
    }

    @Test func smallAmountsHaveExponentsAndEmptyCellsOccur() throws {
        #expect(try rows(file(.trades, rows: 20_000)).contains { $0[7].contains("e-") })
        #expect(try rows(file(.bookSnapshot5)).contains { $0.contains("") })
        #expect(try rows(file(.quotes, rows: 20_000)).contains { $0[4].isEmpty && $0[5].isEmpty })
        #expect(try rows(file(.derivativeTicker)).dropFirst().allSatisfy { $0[6].isEmpty })
        #expect(try rows(file(.optionsChain)).contains { $0[7].isEmpty && $0[13].isEmpty })
        #expect(try rows(file(.liquidations)).dropFirst().allSatisfy { $0[4].isEmpty })
    }

    @Test func booksBeginWithASnapshotAndAreNotCrossed() throws {
        let updates = try rows(file(.incrementalBook)).dropFirst()
        #expect(updates.first?[4] == "true")
        #expect(updates.contains { $0[4] == "false" && $0[7] == "0" })
        for row in try rows(file(.bookSnapshot5)).dropFirst(10) {
            let prices = stride(from: 4, to: 24, by: 4).compactMap { Double(row[$0]) }
            #expect(prices.count == 5 && prices == prices.sorted() && prices[0] > Double(row[6]) ?? 0)
        }
    }

    @Test(arguments: [
        (0, 2, "0"), (5, 0, "5"), (100, 2, "1"), (2_348_160, 2, "23481.6"), (1, 6, "0.000001"), (1, 7, "1e-7"),
        (5, 8, "5e-8"), (128, 8, "0.00000128"), (99, 8, "9.9e-7"), (-13_500, 3, "-13.5"), (-1, 8, "-1e-8"),
        (123_456_789_012_345_678, 8, "1234567890.12345678"), (10, 8, "1e-7"), (9_999_999_999, 0, "9999999999"),
    ])
    func decimalsAreWrittenAsJavaScriptDoes(value: Int, scale: Int, text: String) {
        var writer = RowWriter(capacity: 64)
        writer.decimal(value, scale: scale)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func sizesInBytesAreAboutMet() throws {
        let day = try #require(TickDay("2023-06-02"))
        for type in TickGenerator.DataType.allCases {
            let generator = TickGenerator(
                exchange: "binance-futures",
                dataType: type,
                day: day,
                symbol: "BTCUSDT",
                size: .csvBytes(1_000_000)
            )
            #expect((800_000...1_250_000).contains(generator.csv().count), "\(type)")
        }
    }

    @Test(arguments: [("1970-01-01", 0), ("2000-02-29", 11_016), ("2023-06-02", 19_510), ("2024-12-31", 20_088)])
    func daysAreCounted(text: String, number: Int) throws {
        let day = try #require(TickDay(text))
        #expect(day.number == number)
        #expect(day.description == text)
        #expect(TickDay("1970-01-01")?.advanced(by: number) == day)
    }

    @Test(arguments: ["2023-02-29", "2023-13-01", "2023-1-1", "23-01-01", "2023-01-00", "2023-01-01T"])
    func wrongDaysAreNone(text: String) { #expect(TickDay(text) == nil) }
}
