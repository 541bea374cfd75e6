import Text

/// One page of `objects.list`: names in byte order, prefixes folded at the delimiter.
struct StorageListing {
    let prefix: String
    let delimiter: String
    let startOffset: String?
    let endOffset: String?
    let glob: String?
    let includesTrailingDelimiter: Bool
    let maxResults: Int
    let after: String?

    /// Reads the query; throws 400 for a page token that this server did not make.
    init(_ request: ServedRequest) throws {
        prefix = request.parameter("prefix") ?? ""
        delimiter = request.parameter("delimiter") ?? ""
        startOffset = request.parameter("startOffset")
        endOffset = request.parameter("endOffset")
        glob = request.parameter("matchGlob")
        includesTrailingDelimiter = request.parameter("includeTrailingDelimiter")?.lowercased() == "true"
        let asked = request.parameter("maxResults").flatMap { Int($0) } ?? 1_000
        maxResults = asked == 0 ? 1_000 : min(asked, 1_000)
        after = try request.parameter("pageToken").flatMap { token in
            if token.isEmpty { return nil }
            guard token.hasPrefix("t_"), let name = percentDecoded(token.dropFirst(2).replacing("_", with: "%"))
            else {
                throw Refusal.invalid("Invalid page token: \(token)")
            }
            return name
        }
    }

    private enum Entry {
        case object(StoredObject)
        case prefix(String)
    }

    /// The answer for these objects, which are in order.
    func page(of objects: [StoredObject], base: String) -> JSONValue {
        var entries: [(String, Entry)] = []
        var isCut = false
        var lastPrefix: String?
        for object in objects where fits(object.name) {
            if let folded = foldedPrefix(of: object.name) {
                let isNew = folded != lastPrefix && isAfterToken(folded)
                if isNew {
                    if entries.count == maxResults {
                        isCut = true
                        break
                    }
                    entries.append((folded, .prefix(folded)))
                    lastPrefix = folded
                }
                guard includesTrailingDelimiter, object.name == folded, isNew else { continue }
                entries.append((object.name, .object(object)))
            } else if isAfterToken(object.name) {
                if entries.count >= maxResults {
                    isCut = true
                    break
                }
                entries.append((object.name, .object(object)))
            }
        }
        return answer(entries, isCut: isCut, base: base)
    }

    private func answer(_ entries: [(String, Entry)], isCut: Bool, base: String) -> JSONValue {
        var items: [JSONValue] = []
        var prefixes: [JSONValue] = []
        for (_, entry) in entries {
            switch entry {
            case .object(let object): items.append(object.resource(base: base, isListed: true))
            case .prefix(let prefix): prefixes.append(.string(prefix))
            }
        }
        var json: JSONObject = ["kind": "storage#objects"]
        if isCut, let last = entries.last?.0 {
            // Letters, digits, "-", "." and "~" stand for themselves, the rest as _XX: safe in any URL.
            let encoded = percentEncoded(last).replacing("_", with: "%5F").replacing("%", with: "_")
            json["nextPageToken"] = .string("t_\(encoded)")
        }
        if !prefixes.isEmpty { json["prefixes"] = .array(prefixes) }
        if !items.isEmpty { json["items"] = .array(items) }
        return .object(json)
    }

    private func fits(_ name: String) -> Bool {
        let bytes = ObjectName(name)
        guard bytes.bytes.starts(with: prefix.utf8) else { return false }
        if let startOffset, bytes < ObjectName(startOffset) { return false }
        if let endOffset, !(bytes < ObjectName(endOffset)) { return false }
        return glob.map { Glob.matches(name, pattern: $0, style: .objectNames) } ?? true
    }

    private func foldedPrefix(of name: String) -> String? {
        guard !delimiter.isEmpty else { return nil }
        let bytes = Array(name.utf8)
        let wanted = Array(delimiter.utf8)
        var start = prefix.utf8.count
        while start + wanted.count <= bytes.count {
            if bytes[start...].starts(with: wanted) {
                return String(decoding: bytes[..<(start + wanted.count)], as: UTF8.self)
            }
            start += 1
        }
        return nil
    }

    private func isAfterToken(_ name: String) -> Bool {
        after.map { ObjectName($0) < ObjectName(name) } ?? true
    }
}
