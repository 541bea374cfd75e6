import Common
import Console
import Text

/// Prints looks on stdout, once or one below the other.
struct MonitorPrinter {
    private let tool: ToolRun
    private let place: String

    init(_ tool: ToolRun, place: String) {
        self.tool = tool
        self.place = place
    }

    /// The screen of a look, not yet cut to the terminal's height.
    func text(_ look: MonitorSnapshot) -> String {
        look.text(MonitorText(place: place, width: tool.context.terminal.outputWidth, color: tool.colorsOutput))
    }

    /// Prints a look. A JSON document has a line of its own where more may follow.
    func print(_ look: MonitorSnapshot, mayBeFollowed: Bool = false) {
        switch tool.arguments.string(StandardOptions.output.name) {
        case "json" where !mayBeFollowed: tool.print(JSONValue.object(look.json).text(.pretty))
        case "json", "jsonl": tool.print(JSONValue.object(look.json).text())
        default: tool.context.output.write(text(look) + (mayBeFollowed ? "\n" : ""))
        }
    }
}
