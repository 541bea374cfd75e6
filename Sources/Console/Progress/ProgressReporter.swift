import Dispatch
import Synchronization

/// Shows a set of tasks on stderr in one of the modes. Messages written to it appear above the live area.
public final class ProgressReporter: TextSink {
    /// What the display needs; locked while it writes.
    private struct Display {
        var drawnLines = 0
        var lastDraw: Duration?
        var lastSummary: Duration
        var isClosed = false
        var timer: TimerBox?
    }

    private let mode: ProgressMode
    private let sink: any TextSink
    private let size: @Sendable () -> TerminalSize
    private let color: Bool
    private let now: @Sendable () -> Duration
    /// Apart from the display, so that a terminal that has been stopped does not hold up the work.
    private let model: Mutex<ProgressModel>
    private let display: Mutex<Display>

    /// Time between two drawings of the live area.
    private static let drawInterval = Duration.milliseconds(100)
    /// Time between two summaries of the plain and json modes.
    private static let summaryInterval = Duration.seconds(10)

    /// A reporter; `auto` is resolved by the terminal. `now` is a clock that never steps back.
    public init(
        title: String,
        unit: String = "files",
        mode: ProgressMode,
        sink: any TextSink,
        terminal: Terminal,
        color: Bool,
        now: @escaping @Sendable () -> Duration
    ) {
        self.mode = mode.resolved(on: terminal)
        self.sink = sink
        size = terminal.size
        self.color = color
        self.now = now
        model = Mutex(ProgressModel(title: title, unit: unit, now: now()))
        display = Mutex(Display(lastSummary: now()))
    }

    /// Begins to redraw and summarise by time. Without it only ended tasks are shown, and `tick` drives the rest.
    public func begin() {
        guard mode != .quiet else { return }
        let timer = TimerBox { [weak self] in self?.tick() }
        display.withLock { display in
            if !display.isClosed, display.timer == nil { display.timer = timer }
        }
    }

    /// Names a task that waits.
    public func add(_ name: String, totalBytes: Int64? = nil) {
        model.withLock { $0.add(name, totalBytes: totalBytes) }
    }

    /// Begins a task, again from nothing if it was begun before.
    public func start(_ name: String, totalBytes: Int64? = nil) {
        model.withLock { $0.start(name, totalBytes: totalBytes, now: now()) }
    }

    /// Adds what a task has moved since the last time.
    public func advance(_ name: String, bytes: Int64 = 0, rows: Int64 = 0) {
        model.withLock { $0.advance(name, bytes: bytes, rows: rows) }
    }

    /// Ends a task well; the note says more where there is more to say ("there already").
    public func finish(_ name: String, note: String? = nil) {
        model.withLock { $0.finish(name, note: note, now: now()) }
        showEnd(of: name)
    }

    /// Ends a task badly.
    public func fail(_ name: String, reason: String) {
        model.withLock { $0.fail(name, reason: reason, now: now()) }
        showEnd(of: name)
    }

    /// The numbers over all tasks now.
    public var totals: ProgressModel.Totals { model.withLock { $0.totals } }

    /// The bytes a second of the last seconds, as far as they were shown.
    public var bytesPerSecond: Double { model.withLock { $0.bytesPerSecond } }

    /// Shows what is due by now; called by the timer, or by tests.
    public func tick() {
        display.withLock { display in
            guard !display.isClosed else { return }
            let time = now()
            if mode == .tty {
                // Just under the interval, as timers are early at times.
                if let last = display.lastDraw, time - last < Self.drawInterval * 0.9 { return }
                draw(&display, time)
            } else if time - display.lastSummary >= Self.summaryInterval {
                display.lastSummary = time
                summarise(time)
            }
        }
    }

    /// Ends the display: the live area gives way to a summary, the cursor is given back. Harmless the second time.
    public func close() {
        let timer = display.withLock { display -> TimerBox? in
            guard !display.isClosed else { return nil }
            display.isClosed = true
            if display.lastDraw != nil { sink.writeVerbatim(erasure(display) + Self.showCursor) }
            if totals.tasks > 0 { summarise(now()) }
            defer { display.timer = nil }
            return display.timer
        }
        timer?.cancel()
    }

    /// Writes a message above the live area, which is drawn again below it.
    public func writeVerbatim(_ text: String) {
        display.withLock { display in
            guard !display.isClosed, display.drawnLines > 0 else { return sink.writeVerbatim(text) }
            sink.writeVerbatim(erasure(display) + text + (text.hasSuffix("\n") ? "" : "\n"))
            display.drawnLines = 0
            draw(&display, now())
        }
    }

    public var failure: Int32? { sink.failure }

    private static let hideCursor = "\u{1B}[?25l"
    private static let showCursor = "\u{1B}[?25h"

    private func sampledModel(_ time: Duration) -> ProgressModel {
        model.withLock { model in
            model.sample(now: time)
            return model
        }
    }

    private func erasure(_ display: Display) -> String {
        display.drawnLines == 0 ? "" : "\u{1B}[\(display.drawnLines)A\r\u{1B}[J"
    }

    private func draw(_ display: inout Display, _ time: Duration) {
        let lines = ProgressScreen.render(sampledModel(time), size: size(), now: time, color: color)
        let start = display.lastDraw == nil ? Self.hideCursor : ""
        sink.writeVerbatim(start + erasure(display) + printableLines(lines.map { $0 + "\n" }.joined()))
        display.drawnLines = lines.count
        display.lastDraw = time
    }

    private func summarise(_ time: Duration) {
        let model = sampledModel(time)
        switch mode {
        case .plain, .tty: sink.write(ProgressScreen.summary(model, now: time) + "\n")
        case .json: sink.write(ProgressLines.summary(model, now: time) + "\n")
        case .quiet, .auto: break
        }
    }

    private func showEnd(of name: String) {
        guard mode == .plain || mode == .json, let item = model.withLock({ $0[name] }) else { return }
        display.withLock { display in
            guard !display.isClosed else { return }
            sink.write((mode == .json ? ProgressLines.json(item) : ProgressLines.plain(item)) + "\n")
        }
    }
}

/// A timer of ten ticks a second. Dispatch sources are thread-safe but not marked so on Linux; this one is only cancelled.
private final class TimerBox: @unchecked Sendable {
    private let source: any DispatchSourceTimer

    init(_ tick: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        source.schedule(deadline: .now(), repeating: .milliseconds(100), leeway: .milliseconds(10))
        source.setEventHandler(handler: tick)
        source.resume()
    }

    func cancel() {
        source.cancel()
    }

    deinit {
        source.cancel()
    }
}
