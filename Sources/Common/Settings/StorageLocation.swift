/// Where data goes, as people write it.
public enum StorageLocation {
    /// What `openObjectStore` takes: a URL as it is, a folder (told by its slash) made absolute, any other word as a bucket.
    public static func resolve(_ text: String, _ context: ToolContext) -> String {
        if text.contains("://") { return text }
        if text.contains("/") || text == "." || text == ".." { return context.absolute(text) }
        return "gs://\(text)"
    }

    /// The bucket's name in `gs://NAME`; nil for a folder.
    public static func bucket(_ place: String) -> String? {
        place.hasPrefix("gs://") ? String(place.dropFirst(5).prefix { $0 != "/" }) : nil
    }
}
