/// One command: the single description that parsing, help, documents and completions are made from.
public struct CommandSpec: Sendable {
    public var name: String
    /// One line without a full stop.
    public var summary: String
    /// Paragraphs for help, set off by empty lines.
    public var discussion: String
    /// Its own options; subcommands accept them too. The options that every tool has are added by the parser.
    public var options: [OptionSpec]
    /// What is given without an option name, in order.
    public var arguments: [ArgumentSpec]
    /// Commands below it, chosen by the first word that is not an option.
    public var subcommands: [CommandSpec]
    /// Whether one of the subcommands must be given.
    public var requiresSubcommand: Bool
    public var examples: [Example]
    /// Environment variables that have no option of their own.
    public var environment: [EnvironmentSpec]
    /// Whether it accepts the options and variables of the commands above it, too.
    public var inheritsOptions: Bool
    /// How it may end, for help.
    public var statuses: [ExitStatus]

    /// One use of the command.
    public struct Example: Sendable {
        public var command: String
        public var explanation: String

        public init(_ command: String, _ explanation: String) {
            self.command = command
            self.explanation = explanation
        }
    }

    /// A command with what it needs; the rest is empty.
    public init(
        name: String,
        summary: String,
        discussion: String = "",
        options: [OptionSpec] = [],
        arguments: [ArgumentSpec] = [],
        subcommands: [CommandSpec] = [],
        requiresSubcommand: Bool = true,
        examples: [Example] = [],
        environment: [EnvironmentSpec] = [],
        inheritsOptions: Bool = true,
        statuses: [ExitStatus] = ExitStatus.allCases
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.subcommands = subcommands
        self.requiresSubcommand = requiresSubcommand
        self.examples = examples
        self.environment = environment
        self.inheritsOptions = inheritsOptions
        self.statuses = statuses
    }
}

extension [CommandSpec] {
    /// The commands, of those that lead to the last one, whose options that one accepts.
    private var inScope: ArraySlice<CommandSpec> {
        self[(lastIndex { !$0.inheritsOptions } ?? startIndex)...]
    }

    /// The options that the last of the commands accepts, without the common ones.
    var optionsInScope: [OptionSpec] { inScope.flatMap(\.options) }

    /// The variables that the last of the commands reads.
    var environmentInScope: [EnvironmentSpec] { inScope.flatMap(\.environment) + StandardOptions.commonEnvironment }
}

/// One thing given without an option name.
public struct ArgumentSpec: Sendable {
    /// How often it may be given.
    public enum Arity: Sendable {
        /// Exactly once.
        case one
        /// Once or not at all.
        case optional
        /// Any number, none included; the last argument only.
        case any
        /// Once or more; the last argument only.
        case some
    }

    /// The name in help, upper-case; also the key in `ParsedArguments`.
    public var name: String
    public var help: String
    /// How often it may be given.
    public var arity: Arity
    /// The only values allowed; empty allows all.
    public var allowed: [String]
    /// A further test of each value.
    public var check: ValueCheck?

    /// An argument, required once unless said otherwise.
    public init(
        _ name: String,
        help: String,
        arity: Arity = .one,
        allowed: [String] = [],
        check: ValueCheck? = nil
    ) {
        self.name = name
        self.help = help
        self.arity = arity
        self.allowed = allowed
        self.check = check
    }

    /// How the usage line shows it.
    var usage: String {
        switch arity {
        case .one: name
        case .optional: "[\(name)]"
        case .any: "[\(name)...]"
        case .some: "\(name)..."
        }
    }
}

/// An environment variable that is a setting without an option, such as a key that must not stand on a command line.
public struct EnvironmentSpec: Sendable {
    public var name: String
    public var help: String
    /// Whether the value must never be shown.
    public var isSecret: Bool

    /// A variable for help, documents and `--print-config`.
    public init(_ name: String, help: String, isSecret: Bool = false) {
        self.name = name
        self.help = help
        self.isSecret = isSecret
    }
}
