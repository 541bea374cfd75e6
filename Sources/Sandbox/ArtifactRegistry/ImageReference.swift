/// The name of a container image or, without a package, of a repository:
/// `asia-northeast1-docker.pkg.dev/PROJECT/REPOSITORY[/PACKAGE[:TAG]]`.
public struct ImageReference: Sendable, Equatable {
    /// `asia-northeast1`.
    public let location: String
    public let project: String
    public let repository: String
    /// The image's name; nil for the repository alone.
    public let package: String?
    /// The tag; `latest` unless one is given.
    public let tag: String

    /// Reads the text form; nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let suffix = "-docker.pkg.dev"
        guard (3...4).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), parts[0].hasSuffix(suffix) else {
            return nil
        }
        location = String(parts[0].dropLast(suffix.count))
        project = parts[1]
        repository = parts[2]
        let image = parts.count == 4 ? parts[3].split(separator: ":", omittingEmptySubsequences: false) : []
        guard image.count <= 2, image.allSatisfy({ !$0.isEmpty }) else { return nil }
        package = image.first.map(String.init)
        tag = image.count == 2 ? String(image[1]) : "latest"
    }
}
