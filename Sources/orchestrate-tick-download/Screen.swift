import Common
import Console
import Fleet

/// What the tool shows: the result on stdout, all else on stderr.
struct Screen {
    private let tool: ToolRun

    init(_ tool: ToolRun) {
        self.tool = tool
    }

    private var form: String { tool.arguments.string(StandardOptions.output.name) ?? "table" }

    /// Shows what the checks found; with `isShort` without what is as it should be.
    func show(_ findings: Findings, isShort: Bool = false) {
        let table = findings.table(isShort: isShort)
        if isShort, findings.all.allSatisfy({ $0.level == .fine }) { return }
        say(table)
    }

    /// Writes a table to stderr, unless `--quiet`.
    func say(_ table: TextTable) {
        guard !tool.arguments.flag("quiet") else { return }
        tool.context.messages.write(table.render(width: nil, color: tool.colorsMessages))
    }

    /// Writes the end's result to stdout: the dates with some sentences, or one JSON document, or a line a shard.
    func end(_ report: FleetReport, _ sentences: [String], actions: [ShardAction] = [], extra: JSONObject = [:]) {
        switch form {
        case "json":
            var document: JSONObject = ["schema": 1]
            for member in report.json.members + extra.members { document[member.key] = member.value }
            document["notes"] = .array(sentences.map(JSONValue.string))
            document["work"] = .array(report.shardLines(actions))
            tool.print(JSONValue.object(document).text(.pretty))
        case "jsonl":
            for line in report.shardLines(actions) { tool.print(line.text()) }
        default:
            tool.print(report.table)
            for sentence in sentences { tool.print(sentence) }
        }
    }
}
