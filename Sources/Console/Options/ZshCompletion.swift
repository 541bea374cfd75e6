/// Completions for zsh, by its `_arguments`.
struct ZshCompletion {
    let root: CommandSpec

    func render() -> String {
        var lines = ["#compdef \(root.name)", ""]
        for (path, options) in root.walk() { lines += function(path, options) + [""] }
        lines += [
            "if [[ ${funcstack[1]} == _\(root.name) ]]; then",
            "    \(name([root])) \"$@\"",
            "else",
            "    compdef \(name([root])) \(root.name)",
            "fi",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func name(_ path: [CommandSpec]) -> String {
        "_" + path.map(\.shellIdentifier).joined(separator: "__")
    }

    private func function(_ path: [CommandSpec], _ options: [OptionSpec]) -> [String] {
        let command = path[path.count - 1]
        var specs = options.flatMap(specs)
        if command.subcommands.isEmpty {
            specs += command.arguments.map { argument in
                let repeats = argument.arity == .any || argument.arity == .some ? "*" : ""
                let action = argument.allowed.isEmpty ? "_files" : "(\(argument.allowed.joined(separator: " ")))"
                let colons = argument.arity == .optional ? "::" : ":"
                return shellQuoted("\(repeats)\(colons)\(escaped(argument.name)):\(action)")
            }
        } else {
            specs += [shellQuoted("1: :->command"), shellQuoted("*:: :->rest")]
        }
        var lines = ["\(name(path))() {", "    local curcontext=$curcontext state line"]
        lines.append("    _arguments -s -S -C \\")
        lines += specs.dropLast().map { "        \($0) \\" }
        lines += specs.suffix(1).map { "        \($0)" }
        if !command.subcommands.isEmpty {
            let words = command.subcommands.map { shellQuoted("\($0.name):\($0.summary.replacing(":", with: "\\:"))") }
            lines += [
                "    case $state in", "        command)",
                "            local -a commands=(\(words.joined(separator: " ")))",
            ]
            lines += [
                "            _describe command commands", "            ;;", "        rest)",
                "            case $line[1] in",
            ]
            for next in command.subcommands { lines.append("                \(next.name)) \(name(path + [next])) ;;") }
            lines += ["            esac", "            ;;", "    esac"]
        }
        return lines + ["}"]
    }

    private func specs(_ option: OptionSpec) -> [String] {
        let help = "[\(escaped(option.help))]"
        let action =
            switch option.completion {
            case .files: "_files"
            case .directories: "_files -/"
            case .values: option.allowed.isEmpty ? " " : "(\(option.allowed.joined(separator: " ")))"
            }
        let value = option.placeholder.map { "\(option.bareValue == nil ? "" : ":"):\(escaped($0)):\(action)" } ?? ""
        let equals = option.isFlag ? "" : "="
        var forms = option.longForms.map { $0 + equals }
        if let short = option.short { forms.append("-\(short)" + (option.isFlag ? "" : "+")) }
        var repeats = ""
        if case .list = option.kind { repeats = "*" }
        return forms.map { shellQuoted(repeats + $0 + help + value) }
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("[", with: "\\[").replacing("]", with: "\\]").replacing(
            ":",
            with: "\\:"
        )
    }
}
