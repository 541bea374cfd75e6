import Console

/// A command with every kind of option, argument and subcommand.
let sample = CommandSpec(
    name: "feed-mill",
    summary: "grind grain into feed",
    discussion:
        "Reads grain from bins and writes feed. What was ground before is not ground again.\n\nStops on Ctrl-C.",
    options: [
        .value(
            "bin",
            short: "b",
            "NAME",
            help: "The bin to read, which must exist before the mill is started and must not be empty.",
            environment: "MILL_BIN",
            defaultValue: "north"
        ),
        .value("speed", "RPM", help: "How fast.", environment: "MILL_SPEED", check: .integer(1...900)),
        .value("grade", "GRADE", help: "How fine.", allowed: ["coarse", "medium", "fine"]),
        .list(
            "grain",
            short: "g",
            "KIND",
            help: "What to grind.",
            environment: "MILL_GRAINS",
            defaultText: "all kinds"
        ),
        .flag("dust", help: "Collect the dust.", environment: "MILL_DUST", negatable: true, defaultValue: true),
        .flag("force", short: "f", help: "Grind again."),
        .value("recipe", "FILE", help: "A recipe.", completion: .files),
        .value("token", "TEXT", help: "The key to the gate.", environment: "MILL_TOKEN", isSecret: true),
        StandardOptions.output,
    ],
    arguments: [
        ArgumentSpec("DATE", help: "The day."),
        ArgumentSpec("SACK", help: "Sacks to fill.", arity: .any),
    ],
    examples: [.init("feed-mill 2023-05-23 --bin south", "Grinds one day's grain.")],
    environment: [EnvironmentSpec("MILL_KEY", help: "The key of the mill.", isSecret: true)]
)

/// A command of commands.
let nested = CommandSpec(
    name: "barn",
    summary: "look after a barn",
    options: [.value("door", "NAME", help: "The door.", defaultValue: "front")],
    subcommands: [
        CommandSpec(
            name: "open",
            summary: "open a door",
            options: [.flag("wide", short: "w", help: "All the way.")],
            arguments: [ArgumentSpec("SIDE", help: "Which side.", arity: .optional, allowed: ["left", "right"])]
        ),
        CommandSpec(name: "shut", summary: "shut a door"),
    ]
)

/// The parsed arguments; fails the test's expectations by throwing when the outcome is a text.
func run(_ spec: CommandSpec, _ arguments: [String], layers: [SettingsLayer] = []) throws -> ParsedArguments {
    switch try CommandParser(spec, version: "1.2.3").parse(arguments, layers: layers) {
    case .run(let parsed): return parsed
    case .show(let text): throw UnexpectedText(text: text)
    }
}

/// The text shown instead of running.
func shown(_ spec: CommandSpec, _ arguments: [String], layers: [SettingsLayer] = [], width: Int = 80) throws -> String {
    switch try CommandParser(spec, version: "1.2.3").parse(arguments, layers: layers, width: width) {
    case .show(let text): return text
    case .run: throw UnexpectedText(text: "")
    }
}

struct UnexpectedText: Error {
    let text: String
}
