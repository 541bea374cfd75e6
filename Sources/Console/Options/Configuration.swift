import Text

/// What `--print-config` shows: every setting in scope with value and origin; secrets only as set or not set.
public struct Configuration: Sendable {
    public struct Line: Sendable, Equatable {
        /// The option with its dashes, or the variable.
        public let setting: String
        /// The value; nil when nothing sets it.
        public let value: String?
        /// Where the value comes from; nil when nothing sets it.
        public let origin: ValueOrigin?
    }

    /// One line a setting, in the order of the description.
    public let lines: [Line]
    private let isJSON: Bool

    public init(_ parsed: ParsedArguments) {
        let stops: Set = ["help", "version", "completions", "document", "print-config"]
        let options = parsed.scope.filter { !$0.isHidden && !stops.contains($0.name) }.map { option in
            let found = parsed.options[option.name]
            let text = option.isFlag ? found?.values.last ?? "false" : found?.values.joined(separator: ",")
            return Line(
                setting: "--\(option.name)",
                value: option.isSecret && text != nil ? Configuration.hidden : text,
                origin: found?.origin ?? (option.isFlag ? .builtIn : nil)
            )
        }
        let variables = parsed.environment.map { variable in
            let found = parsed.variables[variable.name]
            let text = found?.values.last
            return Line(
                setting: variable.name,
                value: variable.isSecret && text != nil ? Configuration.hidden : text,
                origin: found?.origin
            )
        }
        lines = options + variables
        let output = parsed.options["output"]?.values.last
        isJSON = output == "json" || output == "jsonl"
    }

    /// A table, or JSON when `--output json` is in force.
    public func render() -> String {
        guard !isJSON else {
            let settings = lines.map { line -> JSONValue in
                [
                    "setting": .string(line.setting),
                    "value": line.value.map(JSONValue.string) ?? .null,
                    "origin": line.origin.map { .string($0.description) } ?? .null,
                ]
            }
            return JSONValue.object(["schema": 1, "settings": .array(settings)]).text(.pretty) + "\n"
        }
        var table = TextTable([.init("SETTING"), .init("VALUE"), .init("ORIGIN")])
        for line in lines {
            table.add([.init(line.setting), .init(line.value ?? "-"), .init(line.origin?.description ?? "not set")])
        }
        return table.render(width: nil)
    }

    private static let hidden = "<redacted>"
}
