import Text

/// What stands for the `$NAME` and `${NAME}` in the texts of a build; `$$` is a dollar.
struct BuildSubstitutions {
    private let builtIn: [String: String]
    private let given: [String: String]
    /// Whether names that do not fit go through (`ALLOW_LOOSE`).
    private let isLoose: Bool
    private var used: Set<String> = []

    /// Empty in a build that no trigger started, unless given.
    private static let fromTriggers: Set<String> = [
        "TRIGGER_NAME", "COMMIT_SHA", "REVISION_ID", "SHORT_SHA", "REPO_NAME", "REPO_FULL_NAME", "BRANCH_NAME",
        "TAG_NAME", "REF_NAME", "TRIGGER_BUILD_CONFIG_PATH", "SERVICE_ACCOUNT_EMAIL", "SERVICE_ACCOUNT",
    ]

    init(builtIn: [String: String], given: [String: String], isLoose: Bool) throws {
        self.builtIn = builtIn
        self.given = given
        self.isLoose = isLoose
        for name in given.keys.sorted()
        where !wholeMatch(name, pattern: "_[A-Z0-9_]+") && !Self.fromTriggers.contains(name) {
            throw Refusal.rpc(
                400,
                "invalid value for 'build.substitutions': key in the substitution data \"\(name)\" is not a valid "
                    + "built-in substitution"
            )
        }
    }

    /// A text with the values in place of the names.
    mutating func apply(to text: String) throws -> String {
        var done = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            done += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                done += "$"
                rest.removeFirst()
                continue
            }
            let isBraced = rest.first == "{"
            let inner = isBraced ? rest.dropFirst() : rest
            let name = inner.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            let behind = inner[name.endIndex...]
            guard let first = name.first, !first.isNumber, !isBraced || behind.first == "}" else {
                done += "$"
                continue
            }
            done += try value(of: String(name))
            rest = isBraced ? behind.dropFirst() : behind
        }
        return done + rest
    }

    /// A document with all of its texts so treated, but for a step's script, which is taken as it is.
    mutating func apply(to value: JSONValue) throws -> JSONValue {
        switch value {
        case .string(let text): return .string(try apply(to: text))
        case .array(let items):
            var done: [JSONValue] = []
            for item in items { done.append(try apply(to: item)) }
            return .array(done)
        case .object(var fields):
            for field in fields.members where field.key != "script" { fields[field.key] = try apply(to: field.value) }
            return .object(fields)
        default: return value
        }
    }

    /// Refuses when something is given that no text asks for.
    func checkAllUsed() throws {
        guard !isLoose, let name = given.keys.filter({ !used.contains($0) }).min() else { return }
        throw Refusal.rpc(
            400,
            "generic::invalid_argument: key \"\(name)\" in the substitution data is not matched in the template"
        )
    }

    private mutating func value(of name: String) throws -> String {
        used.insert(name)
        if let value = builtIn[name] ?? given[name] { return value }
        if isLoose || Self.fromTriggers.contains(name) { return "" }
        let start = "invalid value for 'build.substitutions': key in the template \"\(name)\" is not "
        throw Refusal.rpc(
            400,
            start + (name.hasPrefix("_") ? "matched in the substitution data" : "a valid built-in substitution")
        )
    }
}
