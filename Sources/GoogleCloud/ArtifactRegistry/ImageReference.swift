import Text

/// A container image in Artifact Registry: `REGION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG|@sha256:…]`.
public struct ImageReference: Sendable, Hashable {
    /// Which of an image's versions.
    public enum Version: Sendable, Hashable {
        /// The one that the tag points to.
        case tag(String)
        /// `sha256:` and 64 hexadecimal digits.
        case digest(String)
    }

    public let repository: RepositoryReference
    /// Its name there, which may hold slashes.
    public let image: String
    /// Which version; the tag `latest` where none is named.
    public let version: Version

    /// Reads the address; nil when it is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let repository = RepositoryReference(parts) else { return nil }
        var name = parts.dropFirst(3).joined(separator: "/")
        var version = Version.tag("latest")
        if let at = name.firstIndex(of: "@") {
            let digest = name[name.index(after: at)...]
            guard digest.hasPrefix("sha256:"), digest.utf8.count == 71,
                digest.dropFirst(7).allSatisfy({ "0123456789abcdef".contains($0) })
            else { return nil }
            version = .digest(String(digest))
            name = String(name[..<at])
            // Docker takes a tag before a digest and looks at the digest only.
            if let colon = name.firstIndex(of: ":") { name = String(name[..<colon]) }
        } else if let colon = name.firstIndex(of: ":") {
            let tag = name[name.index(after: colon)...]
            guard (1...128).contains(tag.count), tag.first != ".", tag.first != "-",
                tag.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || "_.-".contains($0) })
            else { return nil }
            version = .tag(String(tag))
            name = String(name[..<colon])
        }
        let pieces = name.split(separator: "/", omittingEmptySubsequences: false)
        guard
            pieces.allSatisfy({
                !$0.isEmpty && $0.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789._-".contains($0) }
            })
        else { return nil }
        self.repository = repository
        image = name
        self.version = version
    }

    /// Slashes in an image's name are part of one path segment.
    var path: String {
        let package = "\(repository.path)/packages/\(percentEncoded(image))"
        return switch version {
        case .tag(let tag): "\(package)/tags/\(percentEncoded(tag))"
        case .digest(let digest): "\(package)/versions/\(percentEncoded(digest))"
        }
    }
}

extension ImageReference: CustomStringConvertible {
    /// The address with its tag or digest.
    public var description: String {
        switch version {
        case .tag(let tag): "\(repository)/\(image):\(tag)"
        case .digest(let digest): "\(repository)/\(image)@\(digest)"
        }
    }
}
