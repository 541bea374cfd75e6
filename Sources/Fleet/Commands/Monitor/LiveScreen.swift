import Common
import Console
import Synchronization
import Text

/// A text on the terminal that is drawn again in its place.
final class LiveScreen: Sendable {
    private struct State {
        var lines: [String] = []
        var drawn = 0
        var isClosed = false
    }
    private let state = Mutex(State())
    private let sink: any TextSink
    private let terminal: Terminal

    /// A screen; it gives the cursor back when the tool ends, however it does.
    init(_ context: ToolContext) {
        sink = context.output
        terminal = context.terminal
        sink.writeVerbatim("\u{1B}[?25l")
        context.exitHooks.add { [self] in close() }
    }

    /// Draws a text, or the last one again, cut to the terminal's height, and a line below it.
    func draw(_ text: String?, footer: String) {
        let size = terminal.size()
        let room = max(3, size.rows - 2)
        state.withLock { state in
            guard !state.isClosed else { return }
            if let text {
                state.lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            }
            var lines = Array(state.lines.prefix(room))
            if lines.count < state.lines.count { lines[room - 1] = "… \(state.lines.count - room + 1) more lines" }
            lines.append(truncated(printable(footer), to: max(20, size.columns - 1)))
            // A line that is too long must not take two: without wrapping its end is not shown.
            let text = printableLines(lines.map { $0 + "\n" }.joined())
            sink.writeVerbatim("\u{1B}[?7l" + Self.erasure(state.drawn) + text + "\u{1B}[?7h")
            state.drawn = lines.count
        }
    }

    /// Leaves what was drawn last and gives the cursor back. Harmless the second time.
    func close() {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            sink.writeVerbatim("\u{1B}[?25h")
        }
    }

    private static func erasure(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)A\r\u{1B}[J" }
}
