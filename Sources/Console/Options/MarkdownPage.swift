/// The reference of a command and its subcommands as Markdown, for `docs/cli.md`.
public struct MarkdownPage: Sendable {
    private let root: CommandSpec

    public init(_ command: CommandSpec) {
        root = command
    }

    /// The text, ending in a line feed; headings begin at the second level.
    public func render() -> String {
        page([root]).joined(separator: "\n") + "\n"
    }

    private func page(_ commands: [CommandSpec]) -> [String] {
        let command = commands[commands.count - 1]
        let heading = String(repeating: "#", count: commands.count + 1)
        var lines = ["\(heading) `\(commands.map(\.name).joined(separator: " "))`", "", command.summary + ".", ""]
        lines += ["```", HelpText(commands).usage, "```"]
        if !command.discussion.isEmpty { lines += ["", command.discussion] }
        lines += table("Argument", command.arguments.map { ($0.usage, $0.help) })
        let isRoot = commands.count == 1
        lines += table(
            "Option",
            (command.options + (isRoot ? StandardOptions.common : [])).filter { !$0.isHidden }.map {
                (trimmed($0.forms), $0.described)
            }
        )
        lines += table(
            "Variable",
            (command.environment + (isRoot ? StandardOptions.commonEnvironment : [])).map { ($0.name, $0.help) }
        )
        if command.statuses != ExitStatus.allCases {
            lines += [
                "",
                "Exit status: " + command.statuses.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ") + ".",
            ]
        }
        if !command.examples.isEmpty {
            lines += ["", "Examples:"]
            for example in command.examples { lines += ["", example.explanation, "", "```", example.command, "```"] }
        }
        for subcommand in command.subcommands { lines += [""] + page(commands + [subcommand]) }
        return lines
    }

    private func table(_ title: String, _ rows: [(String, String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
        return ["", "| \(title) | Meaning |", "|---|---|"] + rows.map { "| `\(escaped($0.0))` | \(escaped($0.1)) |" }
    }
}
