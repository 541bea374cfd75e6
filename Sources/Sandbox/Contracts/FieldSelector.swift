public import Text

/// Google's `fields` parameter, such as `items(name,size),nextPageToken` or `items/name`: a partial response.
public struct FieldSelector: Sendable, Equatable {
    private struct Node: Sendable, Equatable {
        var all = false
        var children: [String: Node] = [:]
    }

    private var root = Node()

    /// Parses a selector; nil when its parentheses or names are wrong.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.list(&rest, into: &root), rest.isEmpty else { return nil }
    }

    /// The selected part of a document.
    public func apply(to value: JSONValue) -> JSONValue { Self.apply(root, to: value) }

    /// Names that the answer cannot have, as judged by the closure (name, path of the fields above it).
    func unknownFields(isKnown: (String, [String]) -> Bool) -> [String] {
        var unknown: [String] = []
        Self.walk(root, path: []) { name, path in
            if !isKnown(name, path) { unknown.append((path + [name]).joined(separator: "/")) }
        }
        return unknown.sorted()
    }

    private static func walk(_ node: Node, path: [String], _ visit: (String, [String]) -> Void) {
        for (name, child) in node.children where name != "*" {
            visit(name, path)
            walk(child, path: path + [name], visit)
        }
    }

    private static func apply(_ node: Node, to value: JSONValue) -> JSONValue {
        if node.all { return value }
        switch value {
        case .array(let items): return .array(items.map { apply(node, to: $0) })
        case .object(let object):
            var kept = JSONObject()
            for field in object.members {
                guard let child = node.children[field.key] ?? node.children["*"] else { continue }
                kept[field.key] = apply(child, to: field.value)
            }
            return .object(kept)
        default: return value
        }
    }

    private static func list(_ rest: inout ArraySlice<UInt8>, into node: inout Node) -> Bool {
        while true {
            guard item(&rest, into: &node) else { return false }
            guard rest.first == UInt8(ascii: ",") else { return true }
            rest.removeFirst()
        }
    }

    private static func item(_ rest: inout ArraySlice<UInt8>, into node: inout Node) -> Bool {
        let word = rest.prefix { byte in !",()/".utf8.contains(byte) }
        let name = trimmed(String(decoding: word, as: UTF8.self))
        guard !name.isEmpty else { return false }
        rest = rest.dropFirst(word.count)
        var child = node.children[name] ?? Node()
        defer { node.children[name] = child }
        switch rest.first {
        case UInt8(ascii: "/"):
            rest.removeFirst()
            return item(&rest, into: &child)
        case UInt8(ascii: "("):
            rest.removeFirst()
            guard list(&rest, into: &child), rest.first == UInt8(ascii: ")") else { return false }
            rest.removeFirst()
        default: child.all = true
        }
        return true
    }
}
