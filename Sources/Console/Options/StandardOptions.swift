/// Options that tools share, so that they read and behave the same everywhere.
public enum StandardOptions {
    static let section = "Common options"

    /// What every tool has; the parser adds them.
    public static let common: [OptionSpec] = [
        .flag("verbose", short: "v", help: "Say more: debug messages too.", section: section),
        .flag("quiet", short: "q", help: "Say less: warnings and errors only.", section: section),
        .value(
            "color",
            "WHEN",
            help: "When to use colour. NO_COLOR and TERM=dumb turn it off in auto.",
            defaultValue: "auto",
            allowed: ["auto", "always", "never"],
            section: section
        ),
        .flag("print-config", help: "Show every setting with its value and origin, and stop.", section: section),
        .value(
            "completions",
            "SHELL",
            help: "Print the completion script for a shell, and stop.",
            allowed: Shell.allCases.map(\.rawValue),
            section: section
        ),
        document,
        .flag("version", help: "Show the version, and stop.", section: section),
        .flag("help", short: "h", help: "Show this help, and stop.", section: section),
    ]

    /// The variables that every tool and every command of it reads; the parser adds them.
    static let commonEnvironment = [
        EnvironmentSpec("LOG_LEVEL", help: "DEBUG, INFO, WARNING or ERROR; --verbose and --quiet go before it."),
        EnvironmentSpec("LOG_FORMAT", help: "json writes messages as JSON lines for Cloud Logging."),
    ]

    /// `--output table|json|jsonl`: the form of what goes to stdout.
    public static let output: OptionSpec = .value(
        "output",
        "FORM",
        help: "The form of the result on stdout.",
        defaultValue: "table",
        allowed: ["table", "json", "jsonl"]
    )

    /// `--progress auto|tty|plain|json|quiet`: how work in progress is shown on stderr.
    public static let progress: OptionSpec = .value(
        "progress",
        "MODE",
        help: "How progress is shown on stderr; auto is tty on a terminal, otherwise plain.",
        environment: "TICK_PROGRESS",
        defaultValue: "auto",
        allowed: ProgressMode.allCases.map(\.rawValue)
    )

    /// `--yes`: no questions.
    public static let yes: OptionSpec = .flag("yes", short: "y", help: "Do it without asking.")

    /// `--dry-run`: nothing is changed.
    public static let dryRun: OptionSpec = .flag(
        "dry-run",
        short: "n",
        help: "Show what would be done, and change nothing."
    )

    private static let document: OptionSpec = {
        var option: OptionSpec = .value(
            "document",
            "FORM",
            help: "Print the command's reference page, and stop.",
            allowed: ["markdown"],
            section: section
        )
        option.isHidden = true
        return option
    }()
}
