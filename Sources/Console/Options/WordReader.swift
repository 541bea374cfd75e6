/// Sorts the words of a command line into options, subcommands and arguments; knows nothing of other sources.
struct WordReader {
    /// The chosen commands, the root first.
    private(set) var commands: [CommandSpec]
    /// The options' texts as given, flags as "true" or "false".
    private(set) var given: [String: [String]] = [:]
    private var loose: [String] = []

    init(root: CommandSpec) {
        commands = [root]
    }

    /// All options that may be given here.
    var scope: [OptionSpec] { commands.optionsInScope + StandardOptions.common }

    func error(_ message: String) -> UsageError {
        UsageError(message, command: commands.map(\.name).joined(separator: " "))
    }

    mutating func read(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                loose += rest
                break
            } else if word.hasPrefix("--") {
                try readLong(word, &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try readShort(word, &rest)
            } else if loose.isEmpty, let next = commands.last?.subcommands.first(where: { $0.name == word }) {
                commands.append(next)
            } else {
                loose.append(word)
            }
        }
    }

    private mutating func readLong(_ word: String, _ rest: inout ArraySlice<String>) throws {
        let body = word.dropFirst(2)
        let name = body.prefix { $0 != "=" }
        let attached = name.endIndex == body.endIndex ? nil : String(body[body.index(after: name.endIndex)...])
        guard let option = scope.first(where: { $0.longForms.contains("--\(name)") }) else {
            let known = scope.filter { !$0.isHidden }.flatMap(\.longForms)
            throw error("unknown option --\(name)" + suggestion(for: "--\(name)", among: known))
        }
        if option.isFlag {
            guard attached == nil else { throw error("--\(name) takes no value") }
            given[option.name, default: []].append(option.name == name ? "true" : "false")
        } else {
            try take(option, attached, "--\(name)", &rest)
        }
    }

    private mutating func readShort(_ word: String, _ rest: inout ArraySlice<String>) throws {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = scope.first(where: { $0.short == letter }) else {
                throw error("unknown option -\(letter)\(word.count > 2 ? " in \(word)" : "")")
            }
            if option.isFlag {
                given[option.name, default: []].append("true")
            } else {
                return try take(option, letters.isEmpty ? nil : String(letters), "-\(letter)", &rest)
            }
        }
    }

    private mutating func take(
        _ option: OptionSpec,
        _ attached: String?,
        _ shown: String,
        _ rest: inout ArraySlice<String>
    ) throws {
        if attached == nil, let bare = option.bareValue, rest.first.map({ !option.accepts($0) }) ?? true {
            given[option.name, default: []].append(bare)
            return
        }
        guard let value = attached ?? rest.first else {
            throw error("\(shown) needs a value: \(shown) \(option.placeholder ?? "")")
        }
        if attached == nil {
            // A forgotten value must not swallow the option behind it.
            if looksLikeOption(value) {
                throw error("\(shown) needs a value; write --\(option.name)=\(value) if the value begins with a dash")
            }
            rest.removeFirst()
        }
        if value.isEmpty { throw error("\(shown) needs a value that is not empty") }
        given[option.name, default: []].append(value)
    }

    private func looksLikeOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), word != "-" else { return false }
        return word.hasPrefix("--") || scope.contains { $0.short == word.dropFirst().first }
    }

    /// The loose words by argument name; an error for a missing, surplus or refused one.
    func boundArguments() throws -> [String: [String]] {
        let command = commands[commands.count - 1]
        if !command.subcommands.isEmpty, command.arguments.isEmpty {
            let names = command.subcommands.map(\.name)
            if let word = loose.first {
                throw error("unknown command \(word)" + suggestion(for: word, among: names))
            }
            if command.requiresSubcommand { throw error("a command is missing: \(names.joined(separator: ", "))") }
        }
        var rest = loose[...]
        var bound: [String: [String]] = [:]
        for argument in command.arguments {
            let isLast = argument.arity == .any || argument.arity == .some
            let words = isLast ? rest : rest.prefix(1)
            rest = rest.dropFirst(words.count)
            if words.isEmpty, argument.arity == .one || argument.arity == .some {
                throw error("\(argument.name) is missing")
            }
            for word in words {
                if !argument.allowed.isEmpty, !argument.allowed.contains(word) {
                    throw error(
                        "\(argument.name) \(word) is not one of \(argument.allowed.joined(separator: ", "))"
                            + suggestion(for: word, among: argument.allowed)
                    )
                }
                if let complaint = argument.check?.complaint(word) {
                    throw error("\(argument.name) \(word) \(complaint)")
                }
            }
            bound[argument.name] = words.isEmpty ? nil : Array(words)
        }
        if let surplus = rest.first { throw error("unexpected argument \(surplus)") }
        return bound
    }
}
