/// One option: everything that parsing, help, documents and completions know about it.
public struct OptionSpec: Sendable {
    /// What follows the option's name.
    public enum Kind: Sendable, Equatable {
        /// Nothing: it is there or not. A negatable flag also has the form `--no-NAME`.
        case flag(negatable: Bool)
        /// One value; the last one given counts.
        case value(placeholder: String)
        /// A list: the option may be given more than once, and a value may hold several parts set off by commas.
        case list(placeholder: String)
    }

    /// What a shell offers as the value.
    public enum Completion: Sendable, Equatable {
        /// The allowed values if there are any, otherwise nothing.
        case values
        case files
        case directories
    }

    /// The long name without its dashes; also the key in `ParsedArguments`.
    public var name: String
    public var short: Character?
    public var kind: Kind
    public var help: String
    /// The environment variable that sets it when no flag does; an empty variable counts as not set.
    public var environment: String?
    /// The value when nothing sets it ("true" and "false" for flags; a list's parts set off by commas).
    public var defaultValue: String?
    /// What help says about the default when there is no `defaultValue`, such as "found from the machine".
    public var defaultText: String?
    /// The only values allowed; empty allows all.
    public var allowed: [String]
    /// A further test of each value.
    public var check: ValueCheck?
    /// What the option alone says, when its value may be left out; the next word is its value if `allowed` and `check` accept it.
    public var bareValue: String?
    /// Whether parsing fails when nothing sets it.
    public var isRequired: Bool
    /// Whether the value must never be shown.
    public var isSecret: Bool
    /// Whether help, documents and completions leave it out.
    public var isHidden: Bool
    /// What a shell offers as the value.
    public var completion: Completion
    /// The heading that help lists it under.
    public var section: String

    /// An option that is there or not.
    public static func flag(
        _ name: String,
        short: Character? = nil,
        help: String,
        environment: String? = nil,
        negatable: Bool = false,
        defaultValue: Bool = false,
        section: String = "Options"
    ) -> OptionSpec {
        var option = OptionSpec(name, .flag(negatable: negatable), help)
        option.short = short
        option.environment = environment
        option.defaultValue = defaultValue ? "true" : nil
        option.section = section
        return option
    }

    public static func value(
        _ name: String,
        short: Character? = nil,
        _ placeholder: String,
        help: String,
        environment: String? = nil,
        defaultValue: String? = nil,
        defaultText: String? = nil,
        allowed: [String] = [],
        check: ValueCheck? = nil,
        bareValue: String? = nil,
        isRequired: Bool = false,
        isSecret: Bool = false,
        completion: Completion = .values,
        section: String = "Options"
    ) -> OptionSpec {
        var option = OptionSpec(name, .value(placeholder: placeholder), help)
        option.short = short
        option.environment = environment
        option.defaultValue = defaultValue
        option.defaultText = defaultText
        option.allowed = allowed
        option.check = check
        option.bareValue = bareValue
        option.isRequired = isRequired
        option.isSecret = isSecret
        option.completion = completion
        option.section = section
        return option
    }

    /// An option that collects values: given more than once, or with commas.
    public static func list(
        _ name: String,
        short: Character? = nil,
        _ placeholder: String,
        help: String,
        environment: String? = nil,
        defaultValue: String? = nil,
        defaultText: String? = nil,
        allowed: [String] = [],
        check: ValueCheck? = nil,
        isRequired: Bool = false,
        section: String = "Options"
    ) -> OptionSpec {
        var option = OptionSpec(name, .list(placeholder: placeholder), help)
        option.short = short
        option.environment = environment
        option.defaultValue = defaultValue
        option.defaultText = defaultText
        option.allowed = allowed
        option.check = check
        option.isRequired = isRequired
        option.section = section
        return option
    }

    private init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
        allowed = []
        isRequired = false
        isSecret = false
        isHidden = false
        completion = .values
        section = "Options"
    }

    /// Whether it takes no value.
    var isFlag: Bool {
        if case .flag = kind { true } else { false }
    }

    /// The value's name in help; nil for flags.
    var placeholder: String? {
        switch kind {
        case .flag: nil
        case .value(let placeholder), .list(let placeholder): placeholder
        }
    }

    /// Whether the text may be the value.
    func accepts(_ text: String) -> Bool {
        (allowed.isEmpty || allowed.contains(text)) && check?.complaint(text) == nil
    }

    /// The long forms with their dashes.
    var longForms: [String] {
        kind == .flag(negatable: true) ? ["--\(name)", "--no-\(name)"] : ["--\(name)"]
    }
}
