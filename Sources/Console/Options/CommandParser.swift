/// Reads a command line against one description.
public struct CommandParser: Sendable {
    /// What the command line asks for.
    public enum Outcome: Sendable {
        case run(ParsedArguments)
        /// Print this text on stdout and end with status 0.
        case show(String)
    }

    let root: CommandSpec
    let version: String

    /// A parser for the command and its subcommands; `version` is what `--version` shows.
    public init(_ command: CommandSpec, version: String) {
        root = command
        self.version = version
    }

    /// Reads the arguments (without the program's name) and fills up from the layers, earlier layers first, then the
    /// options' defaults. `width` is that of the help text. Throws `UsageError`.
    public func parse(_ arguments: [String], layers: [SettingsLayer] = [], width: Int = 80) throws -> Outcome {
        var words = WordReader(root: root)
        try words.read(arguments)
        if let text = try text(words, width) { return .show(text) }
        let given = words.given
        let options = try resolveOptions(words, layers)
        let environment = words.commands.environmentInScope
        var variables: [String: ResolvedValue] = [:]
        for variable in environment {
            if let found = layers.value(of: variable.name) {
                variables[variable.name] = ResolvedValue([found.text], found.origin)
            }
        }
        let parsed = ParsedArguments(
            path: words.commands.map(\.name),
            scope: words.scope,
            environment: environment,
            options: options,
            arguments: given["print-config"] == nil ? try words.boundArguments() : [:],
            variables: variables
        )
        if parsed.flag("print-config") { return .show(Configuration(parsed).render()) }
        for option in words.scope where option.isRequired && options[option.name] == nil {
            let variable = option.environment.map { " (or set \($0))" } ?? ""
            throw parsed.error("--\(option.name) \(option.placeholder ?? "") is missing\(variable)")
        }
        return .run(parsed)
    }

    /// What `--help`, `--version`, `--completions` and `--document` print, which depends on no setting; nil when the arguments
    /// ask for something else. Throws `UsageError`.
    public func text(_ arguments: [String], width: Int = 80) throws -> String? {
        var words = WordReader(root: root)
        try words.read(arguments)
        return try text(words, width)
    }

    private func text(_ words: WordReader, _ width: Int) throws -> String? {
        let given = words.given
        if given["help"] != nil { return HelpText(words.commands).render(width: width) }
        if given["version"] != nil { return "\(root.name) \(version)\n" }
        if let name = given["completions"]?.last {
            guard let shell = Shell(rawValue: name) else { throw complaint(about: "completions", name, in: words) }
            return shell.script(for: root)
        }
        return given["document"] == nil ? nil : MarkdownPage(root).render()
    }

    private func resolveOptions(_ words: WordReader, _ layers: [SettingsLayer]) throws -> [String: ResolvedValue] {
        var found: [String: ResolvedValue] = [:]
        for option in words.scope {
            let value: ResolvedValue
            let place: String
            if let texts = words.given[option.name] {
                value = ResolvedValue(option.parts(of: texts), .flag)
                place = "--\(option.name)"
            } else if let name = option.environment, let outside = layers.value(of: name) {
                value = ResolvedValue(option.parts(of: [outside.text]), outside.origin)
                place = name
            } else if let text = option.defaultValue {
                found[option.name] = ResolvedValue(option.parts(of: [text]), .builtIn)
                continue
            } else {
                continue
            }
            found[option.name] = try checked(value, option, place, words)
        }
        return found
    }

    private func checked(
        _ value: ResolvedValue,
        _ option: OptionSpec,
        _ place: String,
        _ words: WordReader
    ) throws -> ResolvedValue {
        let origin =
            switch value.origin {
            case .file(let path): " (from \(path))"
            case .environment: " (from the environment)"
            case .flag, .builtIn: ""
            }
        if option.isFlag {
            guard let text = value.values.last, let isOn = booleanWord(text) else {
                throw words.error("\(place)\(origin) is neither true nor false")
            }
            return ResolvedValue([isOn ? "true" : "false"], value.origin)
        }
        for text in value.values {
            let shown = option.isSecret ? place : "\(place) \(text)"
            if !option.allowed.isEmpty, !option.allowed.contains(text) {
                throw words.error(
                    "\(shown)\(origin) is not one of \(option.allowed.joined(separator: ", "))"
                        + suggestion(for: text, among: option.allowed)
                )
            }
            if let complaint = option.check?.complaint(text) { throw words.error("\(shown)\(origin) \(complaint)") }
        }
        return value
    }

    private func complaint(about option: String, _ text: String, in words: WordReader) -> UsageError {
        let allowed = Shell.allCases.map(\.rawValue)
        return words.error("--\(option) \(text) is not one of \(allowed.joined(separator: ", "))")
    }

    private func booleanWord(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "true", "yes", "on": true
        case "0", "false", "no", "off": false
        default: nil
        }
    }
}

extension OptionSpec {
    /// The values in the texts given: the last one, or for a list all parts.
    fileprivate func parts(of texts: [String]) -> [String] {
        guard case .list = kind else { return texts.suffix(1) }
        return texts.flatMap { $0.split(separator: ",") }.map { trimmed($0) }.filter { !$0.isEmpty }
    }
}

/// The text without blanks and tabs at its ends.
func trimmed(_ text: some StringProtocol) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(text[first...last])
}
