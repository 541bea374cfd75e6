import Common
import Console
import Text

/// Prints a log as it comes: text as it is, JSON as one document at the end, JSON lines piece by piece.
final class LogPrinter {
    private let tool: ToolRun
    private let vm: String
    private let form: String
    private var sources: [String] = []
    private var text = ""
    private var endsOpen = false

    init(_ tool: ToolRun, vm: String) {
        self.tool = tool
        self.vm = vm
        form = tool.arguments.string(StandardOptions.output.name) ?? "table"
    }

    func take(_ event: VMLog.Event) {
        switch (form, event) {
        case ("table", .source(let source)): tool.logger.info("\(source)")
        case ("table", .text(let piece)):
            guard let last = piece.last else { return }
            tool.context.output.write(piece)
            endsOpen = last != "\n"
        case ("jsonl", .source(let source)): line("source", source)
        case ("jsonl", .text(let piece)): line("text", piece)
        case (_, .source(let source)): sources.append(source)
        case (_, .text(let piece)): text += piece
        }
    }

    func finish() {
        if endsOpen { tool.context.output.write("\n") }
        guard form == "json" else { return }
        let document: JSONValue = [
            "schema": 1, "vm": .string(vm), "sources": .array(sources.map(JSONValue.string)), "text": .string(text),
        ]
        tool.print(document.text(.pretty))
    }

    private func line(_ key: String, _ value: String) {
        let line: JSONValue = ["schema": 1, "vm": .string(vm)]
        guard var object = line.object else { return }
        object[key] = .string(value)
        tool.print(JSONValue.object(object).text())
    }
}
