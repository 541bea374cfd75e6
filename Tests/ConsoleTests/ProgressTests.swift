import Console
import Synchronization
import Testing
import Text

/// A time that the test sets.
private final class TestTime: Sendable {
    private let time = Mutex(Duration.zero)

    var now: Duration { time.withLock { $0 } }

    func advance(_ step: Duration) { time.withLock { $0 += step } }
}

struct ProgressTests {
    private let time = TestTime()
    private let sink = MemorySink()

    private func reporter(_ mode: ProgressMode, terminal: Terminal = Terminal()) -> ProgressReporter {
        ProgressReporter(
            title: "2023-05-23",
            mode: mode,
            sink: sink,
            terminal: terminal,
            color: false,
            now: { [time] in time.now }
        )
    }

    /// A shard in the middle of its work.
    private func model(tasks: Int) -> ProgressModel {
        var model = ProgressModel(title: "2023-05-23 shard 3 of 60", now: .seconds(100))
        for index in 0..<tasks {
            model.add("binance-spot/COIN\(index)USDT trades", totalBytes: index == 4 ? nil : 40_000_000)
        }
        for index in 0..<8 {
            let name = "binance-spot/COIN\(index)USDT trades"
            model.start(name, now: .seconds(110))
            model.advance(name, bytes: 5_000_000 * Int64(index), rows: 1_234_567)
            if index < 2 { model.finish(name, note: nil, now: .seconds(120)) }
            if index == 3 {
                model.fail(name, reason: "line 7: 12 cells where 8 are expected\nin it", now: .seconds(121))
            }
        }
        model.sample(now: .seconds(130))
        return model
    }

    @Test(arguments: [TerminalSize(columns: 80, rows: 24), .init(columns: 120, rows: 40), .init(columns: 40, rows: 10)])
    func screensFit(size: TerminalSize) {
        for tasks in [8, 30] {
            let lines = ProgressScreen.render(model(tasks: tasks), size: size, now: .seconds(292), color: false)
            #expect(lines.count < size.rows)
            #expect(lines.allSatisfy { displayWidth($0) < size.columns })
            expectSnapshot(lines.joined(separator: "\n") + "\n", "progress-\(tasks)-\(size.columns)x\(size.rows)")
        }
    }

    @Test func everyScreenSizeIsKept() {
        let model = model(tasks: 30)
        for columns in 21..<130 {
            for rows in 2..<45 {
                let size = TerminalSize(columns: columns, rows: rows)
                let lines = ProgressScreen.render(model, size: size, now: .seconds(292), color: false)
                if lines.count >= rows || lines.contains(where: { displayWidth($0) >= columns }) {
                    Issue.record("\(columns)×\(rows): \(lines)")
                }
            }
        }
    }

    @Test func colourChangesNothingButColour() {
        let size = TerminalSize(columns: 80, rows: 24)
        let plain = ProgressScreen.render(model(tasks: 30), size: size, now: .seconds(292), color: false)
        let colored = ProgressScreen.render(model(tasks: 30), size: size, now: .seconds(292), color: true)
        #expect(colored.map { $0.replacing(#/\u{1B}\[[0-9]*m/#, with: "") } == plain)
        #expect(colored != plain)
    }

    @Test func plainProgressIsALineATaskAndASummary() {
        let reporter = reporter(.plain)
        reporter.add("a")
        reporter.add("b")
        reporter.start("a")
        reporter.advance("a", bytes: 20_000_000, rows: 12)
        time.advance(.seconds(4))
        reporter.tick()
        reporter.finish("a")
        reporter.finish("c", note: "there already")
        time.advance(.seconds(6))
        reporter.tick()
        reporter.fail("b", reason: "no such symbol")
        time.advance(.seconds(5))
        reporter.close()
        reporter.close()
        #expect(
            sink.text == """
                done: a (20.0 MB, 12 rows, 4s)
                done: c (there already)
                2023-05-23, 2/3 files, 2.0 MB/s, 20.0 MB, 10s, 12 rows
                failed: b: no such symbol
                2023-05-23, 2/3 files, 1 failed, 1.3 MB/s, 20.0 MB, 15s, 12 rows

                """
        )
    }

    @Test func jsonProgressIsJSONLines() throws {
        let reporter = reporter(.json)
        reporter.start("a")
        reporter.advance("a", bytes: 5, rows: 2)
        time.advance(.milliseconds(1_500))
        reporter.finish("a", note: "n")
        reporter.fail("b", reason: "r")
        reporter.close()
        let lines = try sink.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(lines[0] == ["event": "done", "task": "a", "note": "n", "bytes": 5, "rows": 2, "milliseconds": 1_500])
        #expect(lines[1] == ["event": "failed", "task": "b", "reason": "r", "bytes": 0, "rows": 0, "milliseconds": 0])
        #expect(lines[2]["done"] == 1 && lines[2]["failed"] == 1 && lines[2]["bytes"] == 5)
        #expect(lines.count == 3)
    }

    @Test func quietProgressShowsNothingButMessages() {
        let reporter = reporter(.quiet)
        reporter.start("a")
        reporter.fail("a", reason: "r")
        time.advance(.seconds(60))
        reporter.tick()
        reporter.write("warning: x\n")
        reporter.close()
        #expect(sink.text == "warning: x\n")
    }

    @Test func theLiveAreaIsRedrawnInPlaceAndRemoved() {
        let reporter = reporter(.tty, terminal: Terminal(size: TerminalSize(columns: 60, rows: 10)))
        reporter.start("a", totalBytes: 100)
        reporter.tick()
        let first = "\u{1B}[?25l2023-05-23  0/1 files  0 B/s  0 B  0.0s\n"
        #expect(sink.text.hasPrefix(first))
        let drawn = sink.text
        time.advance(.milliseconds(50))
        reporter.tick()
        #expect(sink.text == drawn)
        time.advance(.milliseconds(50))
        reporter.tick()
        #expect(sink.text.dropFirst(drawn.count).hasPrefix("\u{1B}[3A\r\u{1B}[J2023-05-23  0/1 files"))
        let before = sink.text
        reporter.write("warning: x\n")
        #expect(sink.text.dropFirst(before.count).hasPrefix("\u{1B}[3A\r\u{1B}[Jwarning: x\n2023-05-23  0/1"))
        let last = sink.text
        reporter.finish("a")
        reporter.close()
        reporter.write("after\n")
        #expect(
            sink.text.dropFirst(last.count)
                == "\u{1B}[3A\r\u{1B}[J\u{1B}[?25h2023-05-23, 1/1 files, 0 B/s, 0 B, 0.1s\nafter\n"
        )
    }

    @Test func autoFollowsTheTerminal() {
        #expect(ProgressMode.auto.resolved(on: Terminal()) == .plain)
        #expect(ProgressMode.auto.resolved(on: Terminal(stderrIsTerminal: true)) == .plain)
        #expect(ProgressMode.auto.resolved(on: Terminal(stderrIsTerminal: true, movesCursor: true)) == .tty)
        #expect(ProgressMode.json.resolved(on: Terminal(stderrIsTerminal: true, movesCursor: true)) == .json)
    }

    @Test func totalsFollowEveryChange() {
        var model = ProgressModel(title: "t", now: .zero)
        model.add("a")
        model.start("a", totalBytes: 10, now: .zero)
        model.advance("a", bytes: 5, rows: 1)
        #expect(model.fraction == 0.5)
        #expect(
            model.totals
                == totals {
                    $0.running = 1; $0.bytes = 5; $0.rows = 1
                }
        )
        model.fail("a", reason: "r", now: .zero)
        #expect(
            model.totals
                == totals {
                    $0.failed = 1; $0.bytes = 5; $0.rows = 1
                }
        )
        model.start("a", now: .zero)
        #expect(model.totals == totals { $0.running = 1 })
        model.finish("a", note: nil, now: .zero)
        #expect(model.totals == totals { $0.done = 1 })
        #expect(model.fraction == 1)
    }

    @Test func theRateIsThatOfTheLastSeconds() {
        var model = ProgressModel(title: "t", now: .zero)
        model.start("a", now: .zero)
        for second in 1...20 {
            model.advance("a", bytes: second <= 10 ? 1_000 : 3_000, rows: 0)
            model.sample(now: .seconds(second))
        }
        #expect(model.bytesPerSecond == 3_000)
        model.start("a", now: .seconds(20))
        model.sample(now: .seconds(21))
        #expect(model.bytesPerSecond == 0)
    }

    private func totals(_ change: (inout ProgressModel.Totals) -> Void) -> ProgressModel.Totals {
        var totals = ProgressModel.Totals()
        change(&totals)
        return totals
    }
}
