/// Where a resource of Compute Engine lives within its project.
enum ComputeScope: Hashable, Comparable, Sendable {
    case global
    case region(String)
    case zone(String)

    /// As in a path: `zones/us-central1-a`.
    var path: String {
        switch self {
        case .global: "global"
        case .region(let name): "regions/\(name)"
        case .zone(let name): "zones/\(name)"
        }
    }

    /// The region's or zone's bare name.
    var name: String {
        switch self {
        case .global: "global"
        case .region(let name), .zone(let name): name
        }
    }

    /// The region that a zone is in.
    var region: String {
        guard case .zone(let name) = self, let dash = name.lastIndex(of: "-") else { return name }
        return String(name[..<dash])
    }
}

/// What the name of a resource in a list of its kind stands for.
struct ResourceKey: Hashable, Comparable, Sendable {
    let project: String
    let scope: ComputeScope
    let name: String

    static func < (left: ResourceKey, right: ResourceKey) -> Bool {
        (left.scope, left.name) < (right.scope, right.name)
    }

    /// As messages show it: `projects/p/zones/z/instances/n`.
    func path(_ collection: String) -> String { "projects/\(project)/\(scope.path)/\(collection)/\(name)" }

    /// As links in documents.
    func link(_ collection: String) -> String { ComputeLink.url(path(collection)) }
}

/// URLs of resources, whole or partial.
enum ComputeLink {
    static let root = "https://www.googleapis.com/compute/v1/"

    static func url(_ path: String) -> String { root + path }

    /// The path from `projects/` or what stands for it on, whatever host and version the URL names; partial URLs as they are.
    static func path(_ url: String) -> String {
        guard let version = url.firstRange(of: "/compute/v1/") else { return url }
        return String(url[version.upperBound...])
    }

    static func name(_ url: String) -> String { url.split(separator: "/").last.map(String.init) ?? "" }

    /// The part after a word such as `zones`; nil when the URL has none.
    static func part(_ word: String, of url: String) -> String? {
        let parts = path(url).split(separator: "/")
        guard let index = parts.firstIndex(of: Substring(word)), index + 1 < parts.count else { return nil }
        return String(parts[index + 1])
    }
}
