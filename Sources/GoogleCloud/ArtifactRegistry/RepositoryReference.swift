import Text

/// A Docker repository of Artifact Registry: `REGION-docker.pkg.dev/PROJECT/REPOSITORY`.
public struct RepositoryReference: Sendable, Hashable {
    /// The location: `asia-northeast1`.
    public let location: String
    public let project: String
    public let repository: String

    public init(location: String, project: String, repository: String) {
        self.location = location
        self.project = project
        self.repository = repository
    }

    /// Reads the address; nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let reference = Self(parts) else { return nil }
        self = reference
    }

    init?(_ parts: [Substring]) {
        let suffix = "-docker.pkg.dev"
        guard parts.count >= 3, parts[0].hasSuffix(suffix), parts[0].count > suffix.count,
            parts.prefix(3).allSatisfy({ $0.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-".contains($0) } }),
            !parts[1].isEmpty, !parts[2].isEmpty
        else { return nil }
        self.init(
            location: String(parts[0].dropLast(suffix.count)),
            project: String(parts[1]),
            repository: String(parts[2])
        )
    }

    var parentPath: String { "v1/projects/\(percentEncoded(project))/locations/\(percentEncoded(location))" }
    var path: String { "\(parentPath)/repositories/\(percentEncoded(repository))" }
}

extension RepositoryReference: CustomStringConvertible {
    public var description: String { "\(location)-docker.pkg.dev/\(project)/\(repository)" }
}
