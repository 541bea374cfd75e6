struct FishCompletion {
    let root: CommandSpec

    func render() -> String {
        var lines = ["# fish completion for \(root.name)", "complete -c \(root.name) -e"]
        for option in root.options + StandardOptions.common where !option.isHidden {
            lines += line(option, condition: nil)
        }
        for argument in root.arguments where !argument.allowed.isEmpty {
            lines.append(
                "complete -c \(root.name) -n __fish_use_subcommand -f -a \(quoted(argument.allowed.joined(separator: " ")))"
            )
        }
        for (path, _) in root.walk() {
            let command = path[path.count - 1]
            let condition = seen(path)
            for next in command.subcommands {
                let start = "complete -c \(root.name) -n \(quoted(condition ?? "__fish_use_subcommand")) -f"
                lines.append("\(start) -a \(quoted(next.name)) -d \(quoted(next.summary))")
            }
            if let condition {
                for option in command.options where !option.isHidden { lines += line(option, condition: condition) }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func seen(_ path: [CommandSpec]) -> String? {
        path.count < 2
            ? nil : path.dropFirst().map { "__fish_seen_subcommand_from \($0.name)" }.joined(separator: "; and ")
    }

    private func line(_ option: OptionSpec, condition: String?) -> [String] {
        option.longForms.map { form in
            var words = ["complete -c \(root.name)"]
            if let condition { words.append("-n \(quoted(condition))") }
            words.append("-l \(form.dropFirst(2))")
            if let short = option.short { words.append("-s \(short)") }
            switch (option.isFlag || option.bareValue != nil, option.completion) {
            case (true, _): break
            case (false, .files): words.append("-r -F")
            case (false, .directories): words.append("-x -a '(__fish_complete_directories)'")
            case (false, .values):
                words.append(option.allowed.isEmpty ? "-x" : "-x -a \(quoted(option.allowed.joined(separator: " ")))")
            }
            return (words + ["-d \(quoted(option.help))"]).joined(separator: " ")
        }
    }

    /// Single quotes of fish, in which a backslash escapes itself and the quote.
    private func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
