import Console
import Glibc
import Testing
import Text

/// Text as a server, a bucket or a Parquet footer may send it, and what it would do to a terminal.
private let nasty: [(does: String, text: String)] = [
    ("clears the screen", "a\u{1B}[2Jb"), ("moves up and overwrites", "a\u{1B}[3A\r\u{1B}[Jb"),
    ("sets the title", "a\u{1B}]0;owned\u{07}b"), ("hides what follows", "a\u{1B}[8mb"),
    ("writes to the clipboard", "a\u{1B}]52;c;cm0gLXJm\u{1B}\\b"), ("ends in an escape", "b\u{1B}"),
    ("clears the screen by C1", "a\u{9B}2Jb"), ("begins a C1 string", "a\u{90}q\u{9C}\u{85}\u{80}\u{9F}b"),
    ("overwrites the line", "all failed\rall done"), ("backs up", "a\u{8}\u{8}b"),
    ("rings and feeds", "a\u{7}\u{B}\u{C}b"),
    ("deletes", "a\u{7F}b"), ("is nothing", "a\u{0}b"), ("jumps", "a\tb"), ("forges a second line", "a\r\nerror: b"),
    ("ends lines for some", "a\u{2028}b\u{2029}c"),
    ("turns text round", "a\u{202E}txt.exe\u{202C}\u{202A}\u{202B}\u{202D}b"),
    ("isolates text", "a\u{2066}b\u{2067}c\u{2068}d\u{2069}e"), ("marks a direction", "a\u{200E}\u{200F}\u{61C}b"),
    ("is not seen", "a\u{200B}\u{FEFF}\u{2060}\u{AD}\u{E0001}\u{E0041}b"),
    ("is no character", String(decoding: [0x61, 0xEF, 0xB7, 0x90, 0xEF, 0xBF, 0xBE, 0x62], as: UTF8.self)),
    ("was raw bytes", String(decoding: [0x61, 0x9B, 0x32, 0x4A, 0xFF, 0xC2, 0x9B, 0x62], as: UTF8.self)),
]

/// What of a text would reach a terminal that no text may: everything but line feeds, if they are allowed, and our own styles.
private func dangers(_ text: String, lineFeeds: Bool = true, styles: Bool = false) -> [String] {
    let rest = styles ? text.replacing(#/\u{1B}\[(0|1|2|31|32|33|36)m/#, with: "") : text
    return rest.unicodeScalars.filter { scalar in
        switch scalar.value {
        case 0x0A: !lineFeeds
        case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFDD0,
            0xFEFF,
            0xFFFE, 0xE0000...0xE0FFF:
            true
        default: false
        }
    }.map { "U+" + String($0.value, radix: 16, uppercase: true) }
}

struct PrintableTextTests {
    @Test(arguments: nasty)
    func oneLineOfItIsSafe(does: String, text: String) {
        #expect(dangers(text, lineFeeds: false) != [], "the test itself: \(does)")
        #expect(dangers(printable(text), lineFeeds: false) == [], "\(does)")
        #expect(printable(text).unicodeScalars.count == text.unicodeScalars.count)
        #expect(dangers(TextStyle.red.apply(text, color: true), lineFeeds: false, styles: true) == [])
    }

    @Test(arguments: [
        "plain", "", "naïve Ä", "币安人生USDT", "שלום", "नमस्ते", "👨‍👩‍👧 ok", "क्‍ष", "half‌space", "e\u{301}", "…", "\u{600}",
        "\u{FFFD}",
        "\u{E000}",
    ])
    func whatIsTextStays(text: String) {
        #expect(printable(text) == text)
        #expect(printableLines("\(text)\n") == "\(text)\n")
        #expect(JSONValue.string(text).text() == "\"\(text)\"")
    }

    @Test func eachScalarIsEitherShownOrMasked() {
        #expect(printable("a\u{1B}[2J\u{9B}b\u{202E}c") == "a?[2J?b?c")
        #expect(printable("a\r\nb\tc") == "a??b?c")
        #expect(printableLines("a\r\nb\tc\r\u{1B}[2Jd") == "a\nb c??[2Jd")
    }

    @Test func stylesAreTheOnlyCodesThatASinkLetsThrough() {
        for style in [TextStyle.bold, .dim, .red, .green, .yellow, .cyan] {
            let text = style.apply("x", color: true) + "\n"
            #expect(printableLines(text) == text)
        }
        for code in ["[8m", "[31;8m", "[0;31m", "[m", "[30m", "[1A", "[0J", "[1", "[", "(0", "c"] {
            #expect(printableLines("\u{1B}\(code)x") == "?\(code)x")
        }
        #expect(TextStyle.bold.apply("\u{1B}[31mx", color: true) == "\u{1B}[1m?[31mx\u{1B}[0m")
    }

    // MARK: Each way out

    private let sink = MemorySink()

    @Test(arguments: nasty)
    func theLogIsSafe(does: String, text: String) throws {
        for format in [Logger.Format.plain, .terminal(color: true), .terminal(color: false), .jsonLines] {
            let sink = MemorySink()
            Logger(level: .debug, format: format, sink: sink, now: { 0 })
                .error(
                    "message \(text)",
                    ["reason": .string(text), "spaced": .string(" " + text), "list": [.string(text)]]
                )
            #expect(dangers(sink.text, styles: true) == [], "\(does), \(format)")
            #expect(sink.text.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(does), \(format)")
            guard format == .jsonLines else { continue }
            #expect(try JSONValue(parsing: sink.text)["reason"]?.string == text)
        }
    }

    @Test(arguments: nasty)
    func tablesAreSafe(does: String, text: String) {
        for width in [nil, 12, 80] {
            var table = TextTable([.init("A", shrinksTo: 4), .init(text)])
            table.add([.init(text, .red), .init(text)])
            let rendered = table.render(width: width, color: true)
            #expect(dangers(rendered, styles: true) == [], "\(does)")
            #expect(rendered.split(separator: "\n").count == 2, "\(does)")
        }
    }

    @Test(arguments: nasty)
    func progressIsSafe(does: String, text: String) {
        for mode in [ProgressMode.plain, .json, .tty] {
            let sink = MemorySink()
            let reporter = ProgressReporter(
                title: text,
                unit: text,
                mode: mode,
                sink: sink,
                terminal: Terminal(size: TerminalSize(columns: 200, rows: 40)),
                color: true,
                now: { .zero }
            )
            reporter.start("run \(text)")
            reporter.start("done \(text)")
            reporter.finish("done \(text)", note: text)
            reporter.start("fail \(text)")
            reporter.fail("fail \(text)", reason: text)
            reporter.tick()
            reporter.write("a message \(text)\n")
            reporter.close()
            // The live area's own cursor movements, which no text may add to.
            let own = #/\u{1B}\[\?25[lh]|\u{1B}\[[0-9]+A\r\u{1B}\[J/#
            #expect(sink.text.matches(of: own).count == (mode == .tty ? 4 : 0), "\(does), \(mode)")
            #expect(dangers(sink.text.replacing(own, with: ""), styles: true) == [], "\(does), \(mode)")
        }
    }

    @Test(arguments: nasty)
    func anySinkIsSafe(does: String, text: String) throws {
        let memory = MemorySink()
        RedirectableSink(memory).write("\(text)\n")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        DescriptorSink(ends[1]).write("\(text)\n")
        var buffer = [UInt8](repeating: 0, count: 1_000)
        let count = read(ends[0], &buffer, buffer.count)
        close(ends[0])
        close(ends[1])
        for written in [memory.text, String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)] {
            #expect(dangers(written) == [], "\(does)")
            #expect(written.hasSuffix("\n"))
        }
    }

    @Test(arguments: nasty)
    func jsonIsSafeAndTheSame(does: String, text: String) throws {
        for layout in [JSONValue.Layout.compact, .pretty] {
            let value: JSONValue = ["key \(text)": .string(text)]
            #expect(dangers(value.text(layout), lineFeeds: layout == .pretty) == [], "\(does)")
            #expect(try JSONValue(parsing: value.text(layout)) == value)
            // What is written through a sink is the same document.
            #expect(printableLines(value.text(layout)) == value.text(layout))
        }
    }

    @Test(arguments: nasty)
    func settingsAndComplaintsAreSafe(does: String, text: String) throws {
        let layers = [SettingsLayer(.file("/home/\(text)/.env"), ["MILL_BIN": text])]
        for output in ["table", "json"] {
            let text = try shown(sample, ["--print-config", "--recipe", text, "--output", output], layers: layers)
            #expect(dangers(text) == [], "\(does)")
        }
        for arguments in [["--\(text)"], ["-Z\(text)"], ["--grade", text], ["--output", text], ["--speed=\(text)"]] {
            do {
                _ = try run(sample, ["2023-05-23"] + arguments)
                Issue.record("\(arguments) was taken")
            } catch let error as UsageError {
                let sink = MemorySink()
                Logger(level: .info, format: .plain, sink: sink, now: { 0 }).error("\(error)")
                #expect(dangers(sink.text) == [], "\(does)")
            }
        }
    }

    /// The sink changes nothing of what we write ourselves.
    @Test func documentsPassUnchanged() throws {
        for spec in [sample, nested] {
            for arguments in [["--help"], ["--document", "markdown"]]
                + ["bash", "zsh", "fish"].map({ ["--completions", $0] })
            {
                let text = try shown(spec, arguments)
                #expect(printableLines(text) == text, "\(arguments)")
            }
        }
    }
}
