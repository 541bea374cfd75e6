import Common
import Console
import Text

/// What the tool shows: the result on stdout, all else on stderr.
struct OrchestrateScreen {
    private let tool: ToolRun

    init(_ tool: ToolRun) {
        self.tool = tool
    }

    private var form: String { tool.arguments.string(StandardOptions.output.name) ?? "table" }

    /// Shows what the checks found; with `isShort` without what is as it should be.
    func show(_ findings: CheckResults, isShort: Bool = false) {
        let table = findings.table(isShort: isShort)
        if isShort, findings.all.allSatisfy({ $0.level == .fine }) { return }
        say(table)
    }

    /// Lists all that was found, and returns how the tool ends because of it.
    func refuse(_ findings: CheckResults) -> ExitStatus {
        say(findings.table())
        if form != "table" {
            let document: JSONValue = ["schema": 1, "launched": false, "findings": findings.json]
            tool.print(document.text(form == "json" ? .pretty : .compact))
        }
        let errors = findings.errors
        tool.logger.error(
            errors.count == 1
                ? "nothing was made: \(errors[0].text)"
                : "nothing was made: \(errors.count) checks failed, see above"
        )
        return findings.status ?? .failed
    }

    /// Writes a line to stderr, unless `--quiet`.
    func say(_ line: String) {
        if !tool.arguments.flag("quiet") { tool.context.messages.write(line + "\n") }
    }

    /// Writes a table to stderr, unless `--quiet`.
    func say(_ table: TextTable) {
        guard !tool.arguments.flag("quiet") else { return }
        tool.context.messages.write(table.render(width: nil, color: tool.colorsMessages))
    }

    /// The end of a launch, or of a look.
    func end(_ report: FleetReport, _ sentences: [String], _ outline: LaunchOutline, _ findings: CheckResults) {
        var extra = outline.json
        extra["dry_run"] = .bool(tool.arguments.flag(StandardOptions.dryRun.name))
        extra["findings"] = findings.json
        end(report, sentences, actions: outline.actions, extra: extra)
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
            for sentence in sentences { tool.printLine(sentence) }
        }
    }
}
