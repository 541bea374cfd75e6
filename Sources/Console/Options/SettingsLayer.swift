/// One source of settings by variable name; earlier layers win over later ones.
public struct SettingsLayer: Sendable {
    /// Where the values come from.
    public enum Source: Sendable, Equatable {
        case environment
        /// A file of `KEY=VALUE` lines, by its path.
        case file(String)
    }

    public let source: Source
    public let values: [String: String]

    public init(_ source: Source, _ values: [String: String]) {
        self.source = source
        self.values = values
    }
}

/// Where a setting's value comes from.
public enum ValueOrigin: Sendable, Equatable, CustomStringConvertible {
    case flag
    /// This variable of the process's environment.
    case environment(String)
    /// A file of `KEY=VALUE` lines, by its path.
    case file(String)
    /// The program's own default.
    case builtIn

    /// A few words for `--print-config` and messages.
    public var description: String {
        switch self {
        case .flag: "command line"
        case .environment(let name): "environment \(name)"
        case .file(let path): path
        case .builtIn: "built in"
        }
    }
}

/// A setting as found, with where it was found.
public struct ResolvedValue: Sendable, Equatable {
    /// The texts: one, or for a list any number.
    public let values: [String]
    public let origin: ValueOrigin

    public init(_ values: [String], _ origin: ValueOrigin) {
        self.values = values
        self.origin = origin
    }
}

extension [SettingsLayer] {
    /// The first layer's value for the variable; empty text counts as not set.
    func value(of variable: String) -> (text: String, origin: ValueOrigin)? {
        for layer in self {
            guard let text = layer.values[variable], !text.isEmpty else { continue }
            switch layer.source {
            case .environment: return (text, .environment(variable))
            case .file(let path): return (text, .file(path))
            }
        }
        return nil
    }
}
