/// What a command line and the settings around it say, checked, each value with its origin.
public struct ParsedArguments: Sendable {
    /// The words of the command that was chosen, the tool's name first.
    public let path: [String]
    /// The options in scope, for `--print-config`.
    let scope: [OptionSpec]
    let environment: [EnvironmentSpec]
    let options: [String: ResolvedValue]
    let arguments: [String: [String]]
    let variables: [String: ResolvedValue]

    /// The chosen subcommand; nil when the tool itself was run.
    public var subcommand: String? { path.count > 1 ? path.last : nil }

    /// Those of the names that are options of the command, in the order of its help.
    public func settings(named names: Set<String>) -> [String] {
        scope.map(\.name).filter(names.contains)
    }

    /// Whether the command has an option of that name.
    public func has(_ name: String) -> Bool {
        scope.contains { $0.name == name }
    }

    /// The option's text; nil when nothing sets it.
    public func string(_ name: String) -> String? {
        resolved(name)?.values.last
    }

    /// The option's text, or a usage error that says how to set it.
    public func required(_ name: String) throws -> String {
        if let value = string(name) { return value }
        let variable = scope.first { $0.name == name }?.environment
        throw error("--\(name) is not set: give it\(variable.map { " or set \($0)" } ?? "")")
    }

    /// The option as a whole number; a usage error when it is none. Nil when nothing sets it.
    public func int(_ name: String) throws -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text) else { throw error("--\(name) \(text) is not a whole number") }
        return value
    }

    /// Whether the flag is on.
    public func flag(_ name: String) -> Bool {
        resolved(name)?.values.last == "true"
    }

    /// All values of a list; empty when nothing sets it.
    public func all(_ name: String) -> [String] {
        resolved(name)?.values ?? []
    }

    /// Where the option's value comes from; nil when nothing sets it.
    public func origin(_ name: String) -> ValueOrigin? {
        resolved(name)?.origin
    }

    /// The argument given without an option name; nil when it was left out.
    public func argument(_ name: String) -> String? {
        arguments[name]?.first
    }

    /// All values of an argument that may be given more than once.
    public func arguments(_ name: String) -> [String] {
        arguments[name] ?? []
    }

    /// A setting that has an environment variable only (`CommandSpec.environment`), with its origin.
    public func variable(_ name: String) -> ResolvedValue? {
        variables[name]
    }

    /// A usage error that points to this command's help.
    public func error(_ message: String) -> UsageError {
        UsageError(message, command: path.joined(separator: " "))
    }

    private func resolved(_ name: String) -> ResolvedValue? {
        assert(has(name), "no option is called \(name)")
        return options[name]
    }
}
