/// What Cloud Storage takes as an object's name: 1 to 1,024 bytes of UTF-8 without CR, LF and NUL, not `.` or `..`.
func checkObjectName(_ name: String, operation: String) throws(StorageError) {
    let bytes = name.utf8
    guard (1...1024).contains(bytes.count), bytes.allSatisfy({ ![0, 10, 13].contains($0) }), name != ".", name != ".."
    else {
        throw StorageError(
            .invalid,
            operation: operation,
            detail: "an object's name has 1 to 1,024 bytes, no line ends, and is not '.' or '..'"
        )
    }
}

/// Cuts one page out of all names of a store, as Cloud Storage does: sorted by bytes, items and prefixes counted together,
/// a token that says after which one to go on.
struct ListingPage {
    var names: [String] = []
    var prefixes: [String] = []
    var nextPageToken: String?

    init(of all: [String], prefix: String, delimiter: String?, pageToken: String?, limit: Int = 1000) {
        let sorted = all.filter { $0.utf8.starts(with: prefix.utf8) }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var last: String?
        for name in sorted {
            var entry = name
            let rest = Substring(name.utf8.dropFirst(prefix.utf8.count))
            let group = delimiter.flatMap { rest.firstRange(of: $0) }
            if let group { entry = String(name[..<group.upperBound]) }
            // All names of a group that has been given out are behind it.
            if entry == last { continue }
            if let pageToken, !pageToken.utf8.lexicographicallyPrecedes(entry.utf8) { continue }
            if names.count + prefixes.count == limit {
                nextPageToken = last
                break
            }
            if group != nil { prefixes.append(entry) } else { names.append(entry) }
            last = entry
        }
    }
}
