/// The text that `--help` prints for one command.
struct HelpText {
    private let commands: [CommandSpec]
    private let command: CommandSpec

    /// Help for the last of the commands, which are the words that lead to it, the tool first.
    init(_ commands: [CommandSpec]) {
        self.commands = commands
        command = commands[commands.count - 1]
    }

    private var path: String { commands.map(\.name).joined(separator: " ") }

    func render(width: Int) -> String {
        let width = max(40, min(width, 100))
        var lines = wrapped("\(path): \(command.summary)", width: width)
        lines += ["", "Usage: \(usage)"]
        if !command.discussion.isEmpty { lines += [""] + wrapped(command.discussion, width: width) }
        var sections = [("Arguments", command.arguments.map { ($0.usage, describe($0)) })]
        sections.append(("Commands", command.subcommands.map { ($0.name, $0.summary) }))
        let options = (commands.optionsInScope + StandardOptions.common).filter { !$0.isHidden }
        var titles: [String] = []
        for option in options where !titles.contains(option.section) { titles.append(option.section) }
        sections += titles.map { title in
            (title, options.filter { $0.section == title }.map { ($0.forms, $0.described) })
        }
        sections.append(("Environment", commands.environmentInScope.map { ($0.name, $0.help) }))
        for (title, rows) in sections where !rows.isEmpty {
            lines += ["", "\(title):"]
            for (label, text) in rows { lines += entry(label, text, width: width) }
        }
        if !command.examples.isEmpty {
            lines += ["", "Examples:"]
            for example in command.examples {
                lines += ["  \(example.command)"] + wrapped(example.explanation, width: width - 6).map { "      \($0)" }
            }
        }
        lines += ["", "Exit status:"]
        for status in command.statuses {
            let meaning = wrapped(status.meaning, width: width - 7)
            lines += zip(["\(status.rawValue)"] + Array(repeating: "", count: meaning.count), meaning)
                .map { "  \(padded($0, to: 5))\($1)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var usage: String {
        var words = [path]
        if !command.subcommands.isEmpty { words.append(command.requiresSubcommand ? "COMMAND" : "[COMMAND]") }
        for option in commands.optionsInScope where option.isRequired {
            words.append("--\(option.name) \(option.placeholder ?? "")")
        }
        return (words + ["[options]"] + command.arguments.map(\.usage)).joined(separator: " ")
    }

    private func describe(_ argument: ArgumentSpec) -> String {
        argument.allowed.isEmpty
            ? argument.help : "\(argument.help) One of: \(argument.allowed.joined(separator: ", "))."
    }

    private func entry(_ label: String, _ text: String, width: Int) -> [String] {
        let indent = width < 70 ? 8 : 30
        let body = wrapped(text, width: width - indent).map { String(repeating: " ", count: indent) + $0 }
        guard displayWidth(label) + 4 <= indent, let first = body.first else { return ["  \(label)"] + body }
        return [padded("  \(label)", to: indent) + trimmed(first)] + body.dropFirst()
    }
}

extension OptionSpec {
    /// The forms as help shows them: `-b, --bucket NAME`.
    var forms: String {
        let long = kind == .flag(negatable: true) ? "--[no-]\(name)" : "--\(name)"
        let value = placeholder.map { bareValue == nil ? " \($0)" : " [\($0)]" } ?? ""
        return (short.map { "-\($0), " } ?? "    ") + long + value + (isList ? "..." : "")
    }

    /// The help with what else is known about the value.
    var described: String {
        var text = help
        if !allowed.isEmpty { text += " One of: \(allowed.joined(separator: ", "))." }
        if isList { text += " May be repeated; commas set off values." }
        var notes: [String] = []
        if isRequired { notes.append("required") }
        if let range = check?.allowed { notes.append(range) }
        if let environment { notes.append("environment: \(environment)") }
        if let shown = isFlag ? nil : defaultValue ?? defaultText { notes.append("default: \(shown)") }
        if isFlag, defaultValue == "true" { notes.append("default: on") }
        return notes.isEmpty ? text : "\(text) [\(notes.joined(separator: "; "))]"
    }

    private var isList: Bool {
        if case .list = kind { true } else { false }
    }
}
