import Console
import Testing

struct OutputTests {
    private var table: TextTable {
        var table = TextTable([
            .init("VM"), .init("STATE"), .init("ROWS", alignRight: true), .init("FILE", shrinksTo: 8),
            .init("NOTE", shrinksTo: 6),
        ])
        table.add([
            "tick-data-vm-0", .init("RUNNING", .cyan), "1,234,567", "2023-05-23/trades/binance-spot/BTCUSDT", "",
        ])
        table.add([
            "tick-data-vm-12", .init("FAILED", .red), "0", "2023-05-23/quotes/binance-futures/ETHUSDT",
            "symbol 币安 not\nfound",
        ])
        table.add(["tick-data-vm-3"])
        return table
    }

    @Test(arguments: [80, 120, 40])
    func tablesFitTheScreen(width: Int) {
        let text = table.render(width: width)
        expectSnapshot(text, "table-\(width)")
        let widest = text.split(separator: "\n").map { displayWidth($0) }.max() ?? 0
        // Columns that must stay whole may stick out on a very narrow screen.
        #expect(width == 40 || widest <= width)
    }

    @Test func tablesAreWholeWithoutATerminal() {
        expectSnapshot(table.render(width: nil), "table-plain")
        expectSnapshot(table.render(width: 80, color: true), "table-color")
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_249_999_999, "1.2 GB"), (999_950, "1.0 MB"),
        (-5_000, "-5.0 kB"),
        (Int64.max, "9.2 EB"),
    ])
    func bytesAreReadable(value: Int64, text: String) {
        #expect(Format.bytes(value) == text)
    }

    @Test(arguments: [
        (Duration.milliseconds(440), "0.4s"), (.seconds(42), "42s"), (.seconds(192), "3m 12s"),
        (.seconds(7_500), "2h 05m"),
        (.seconds(97_200), "1d 03h"), (.seconds(-61), "-1m 01s"), (.zero, "0.0s"), (.microseconds(62_900), "62ms"),
        (.milliseconds(100), "0.1s"),
    ])
    func durationsAreReadable(value: Duration, text: String) {
        #expect(Format.duration(value) == text)
    }

    @Test func numbersAreReadable() {
        #expect(Format.count(1_234_567) == "1,234,567")
        #expect(Format.count(-1_000) == "-1,000")
        #expect(Format.count(999) == "999")
        #expect(Format.count(.min) == "-9,223,372,036,854,775,808")
        #expect(Format.rate(bytesPerSecond: 17_400_000) == "17.4 MB/s")
        #expect(Format.rate(bytesPerSecond: 12) == "12 B/s")
        #expect(Format.rate(bytesPerSecond: .nan) == "-")
        #expect(Format.percent(219, of: 220) == "99%")
        #expect(Format.percent(1, of: 0) == "-")
        #expect(Format.fixed(2.5, decimals: 0) == "3")
        #expect(Format.fixed(-0.04, decimals: 1) == "0.0")
        #expect(Format.fixed(1.005, decimals: 3) == "1.005")
    }

    @Test func widthCountsColumns() {
        #expect(displayWidth("ab") == 2)
        #expect(displayWidth("币安") == 4)
        #expect(displayWidth("e\u{301}") == 1)
        #expect(truncated("abcdef", to: 4) == "abc…")
        #expect(truncated("币安币", to: 4) == "币…")
        #expect(truncated("ab", to: 2) == "ab")
        #expect(padded("7", to: 3, alignRight: true) == "  7")
    }

    @Test func colourFollowsTerminalAndChoice() {
        let screen = Terminal(stdoutIsTerminal: true, stderrIsTerminal: true, allowsColor: true)
        #expect(screen.colorsOutput(.auto))
        #expect(!screen.colorsOutput(.never))
        #expect(!Terminal(stdoutIsTerminal: true).colorsOutput(.auto))
        #expect(!Terminal(allowsColor: true).colorsMessages(.auto))
        #expect(Terminal().colorsMessages(.always))
    }

    @Test(arguments: [
        (["TERM": "xterm"], true, true), (["TERM": "xterm", "NO_COLOR": "1"], false, true),
        (["TERM": "xterm", "NO_COLOR": ""], true, true), (["TERM": "dumb"], false, false), ([:], false, false),
    ])
    func environmentDecidesWhatTheTerminalCan(environment: [String: String], color: Bool, cursor: Bool) {
        let terminal = Terminal.current(environment: environment)
        #expect(terminal.allowsColor == color)
        #expect(terminal.movesCursor == cursor)
    }
}
