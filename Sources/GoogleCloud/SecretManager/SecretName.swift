import Text

/// Where a secret is kept in Secret Manager, and which of its versions is meant.
public struct SecretName: Sendable, Hashable {
    public let project: String
    public let name: String
    /// The version's number, or `latest`; nil where none is named.
    public let version: String?

    public init(project: String, name: String, version: String? = nil) {
        self.project = project
        self.name = name
        self.version = version
    }

    /// Reads `NAME`, `projects/P/secrets/NAME` or `projects/P/secrets/NAME/versions/V`; a bare name is one of `project`. Nil
    /// when it is none of them.
    public init?(_ text: String, project: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: self.init(project: project, name: parts[0])
        case 4 where parts[0] == "projects" && parts[2] == "secrets": self.init(project: parts[1], name: parts[3])
        case 6 where parts[0] == "projects" && parts[2] == "secrets" && parts[4] == "versions":
            self.init(project: parts[1], name: parts[3], version: parts[5])
        default: return nil
        }
        let isNamed = (1...255).contains(name.count) && name.allSatisfy { Self.isPlain($0) || $0 == "_" || $0 == "-" }
        let isVersion = version.map { $0 == "latest" || (Int($0) ?? 0) > 0 } ?? true
        guard isNamed, isVersion, !self.project.isEmpty else { return nil }
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber)
    }

    /// `projects/P/secrets/NAME`
    public var secret: String { "projects/\(project)/secrets/\(name)" }

    /// `projects/P/secrets/NAME/versions/V`, the version `latest` where none is named.
    public var resource: String { "\(secret)/versions/\(version ?? "latest")" }

    /// The same secret's other version.
    public func version(_ version: String?) -> SecretName { SecretName(project: project, name: name, version: version) }

    var secretPath: String { "v1/projects/\(percentEncoded(project))/secrets/\(percentEncoded(name))" }
}

extension SecretName: CustomStringConvertible {
    /// As short as it is unambiguous to people: the secret, and the version if one is named.
    public var description: String { version == nil ? secret : resource }
}
