/// Completions for bash, which come without the bash-completion package too.
struct BashCompletion {
    let root: CommandSpec

    func render() -> String {
        let function = "_\(root.shellIdentifier)"
        var lines = [
            "# bash completion for \(root.name)",
            "\(function)() {",
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' i",
            "    # bash breaks --name=value into three words.",
            "    if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi",
        ]
        let deeper = root.walk().filter { $0.path.count > 1 }
        if !deeper.isEmpty {
            lines += ["    for ((i = 1; i < COMP_CWORD; i++)); do", "        case \"$path ${COMP_WORDS[i]}\" in"]
            for (path, _) in deeper {
                let words = path.dropFirst().map(\.name).joined(separator: " ")
                lines.append("            \(shellQuoted(" \(words)"))) path=\(shellQuoted(" \(words)")) ;;")
            }
            lines += ["        esac", "    done"]
        }
        lines.append("    case $path in")
        for (path, options) in root.walk() {
            let words = path.dropFirst().map { " \($0.name)" }.joined()
            lines.append("        \(shellQuoted(words)))")
            lines += body(path[path.count - 1], options).map { "            " + $0 }
            lines.append("            ;;")
        }
        lines += ["    esac", "}", "complete -F \(function) \(root.name)"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func body(_ command: CommandSpec, _ options: [OptionSpec]) -> [String] {
        var lines = ["case $prev in"]
        for option in options where !option.isFlag && option.bareValue == nil {
            let forms = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
            let answer =
                switch option.completion {
                case .files: reply("-f")
                case .directories: reply("-d")
                case .values: option.allowed.isEmpty ? "COMPREPLY=()" : reply(words(option.allowed))
                }
            lines.append("    \(forms.joined(separator: "|"))) \(answer); return ;;")
        }
        let all = options.flatMap(\.longForms) + options.compactMap { $0.short.map { "-\($0)" } }
        let loose = command.subcommands.map(\.name) + command.arguments.flatMap(\.allowed)
        lines += ["esac", "if [[ $cur == -* ]]; then \(reply(words(all))); return; fi"]
        lines.append(loose.isEmpty ? reply("-f") : reply(words(loose)))
        return lines
    }

    private func words(_ words: [String]) -> String { "-W \(shellQuoted(words.joined(separator: " ")))" }

    private func reply(_ source: String) -> String { "mapfile -t COMPREPLY < <(compgen \(source) -- \"$cur\")" }
}
