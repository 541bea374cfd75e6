/// Names as people read them.
enum NameList {
    /// "a, b, c", and "a, b, c and 57 more" for many.
    static func text(_ names: [String], limit: Int = 5) -> String {
        guard names.count > limit + 1 else { return names.joined(separator: ", ") }
        return names.prefix(limit).joined(separator: ", ") + " and \(names.count - limit) more"
    }
}
