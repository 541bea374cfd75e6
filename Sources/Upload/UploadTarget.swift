/// Where the files go: a store and what the objects' names begin with.
struct UploadTarget: Equatable {
    /// `gs://bucket`, or a folder.
    let place: String
    /// Empty, or ending in a slash.
    let prefix: String

    /// Takes `gs://BUCKET[/PREFIX]` apart; anything else is a folder.
    init(_ text: String) {
        let scheme = "gs://"
        guard text.hasPrefix(scheme) else {
            place = text
            prefix = ""
            return
        }
        let parts = text.dropFirst(scheme.count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        place = scheme + parts[0]
        var rest = parts.count > 1 ? String(parts[1]) : ""
        while rest.hasSuffix("/") { rest.removeLast() }
        prefix = rest.isEmpty ? "" : rest + "/"
    }
}
