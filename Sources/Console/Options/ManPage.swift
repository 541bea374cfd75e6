/// The manual page (section 1) of a command and its subcommands, in `man` macros.
public struct ManPage: Sendable {
    private let root: CommandSpec
    private let version: String

    /// The page of a tool.
    public init(_ command: CommandSpec, version: String) {
        root = command
        self.version = version
    }

    /// The page's source, ending in a line feed.
    public func render() -> String {
        var lines = [".TH \(escaped(root.name.uppercased())) 1 \"\" \"\(escaped(version))\""]
        lines += [".SH NAME", "\(escaped(root.name)) \\- \(escaped(root.summary))"]
        lines += [".SH SYNOPSIS"] + synopsis([root])
        if !root.discussion.isEmpty { lines += [".SH DESCRIPTION"] + paragraphs(root.discussion) }
        lines += entries(".SH ARGUMENTS", root.arguments.map { ($0.usage, $0.help) })
        let options = (root.options + StandardOptions.common).filter { !$0.isHidden }
        lines += entries(".SH OPTIONS", options.map { (trimmed($0.forms), $0.described) })
        if !root.subcommands.isEmpty {
            lines.append(".SH COMMANDS")
            for subcommand in root.subcommands { lines += section([root, subcommand]) }
        }
        lines += entries(".SH ENVIRONMENT", root.environment.map { ($0.name, $0.help) })
        lines += entries(".SH EXIT STATUS", ExitStatus.allCases.map { ("\($0.rawValue)", $0.meaning) })
        if !root.examples.isEmpty {
            lines.append(".SH EXAMPLES")
            for example in root.examples {
                lines += [".PP"] + paragraphs(example.explanation) + [".EX", text(example.command), ".EE"]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ commands: [CommandSpec]) -> [String] {
        let command = commands[commands.count - 1]
        var lines = [".SS \"\(escaped(commands.dropFirst().map(\.name).joined(separator: " ")))\""]
        lines += synopsis(commands) + [".PP"] + paragraphs(command.summary + ".")
        if !command.discussion.isEmpty { lines += [".PP"] + paragraphs(command.discussion) }
        lines += tagged(command.arguments.map { ($0.usage, $0.help) })
        lines += tagged(command.options.filter { !$0.isHidden }.map { (trimmed($0.forms), $0.described) })
        return lines + command.subcommands.flatMap { section(commands + [$0]) }
    }

    private func synopsis(_ commands: [CommandSpec]) -> [String] {
        [".B \(escaped(HelpText(commands).usage))"]
    }

    private func entries(_ heading: String, _ rows: [(String, String)]) -> [String] {
        rows.isEmpty ? [] : [heading] + tagged(rows)
    }

    private func tagged(_ rows: [(String, String)]) -> [String] {
        rows.flatMap { [".TP", ".B \(escaped($0.0))", text($0.1)] }
    }

    private func paragraphs(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? ".PP" : self.text(String($0)) }
    }

    /// A line of text; one that begins like a macro is guarded.
    private func text(_ line: String) -> String {
        let line = escaped(line)
        return line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    }
}
