import Text

/// Compute Engine's `filter` parameter in both of its forms: AIP-160 (`labels.role = tick`, `NOT status : RUN*`) and regular
/// expressions (`name eq tick-.*`), which cannot be mixed.
struct ComputeFilter {
    indirect enum Node {
        case all([Node])
        case any([Node])
        case not(Node)
        case compare(field: String, symbol: String, value: String)
        case matches(field: String, Regex<AnyRegexOutput>, isNegated: Bool)
    }

    let root: Node
    let fields: [String]

    /// Parses a filter; nil when it is none.
    init?(_ text: String) {
        guard var parser = FilterParser(text), let root = parser.filter() else { return nil }
        self.root = root
        fields = parser.fields
    }

    func accepts(_ document: JSONObject) -> Bool { Self.accepts(root, .object(document)) }

    private static func accepts(_ node: Node, _ document: JSONValue) -> Bool {
        switch node {
        case .all(let nodes): return nodes.allSatisfy { accepts($0, document) }
        case .any(let nodes): return nodes.contains { accepts($0, document) }
        case .not(let node): return !accepts(node, document)
        case .matches(let field, let pattern, let isNegated):
            let values = values(field, in: document)
            let fits = values.contains { text(of: $0).wholeMatch(of: pattern) != nil }
            return fits != isNegated
        case .compare(let field, let symbol, let wanted):
            let values = values(field, in: document)
            if symbol == "!=" { return !values.contains { compare($0, "=", wanted) } }
            return values.contains { compare($0, symbol, wanted) }
        }
    }

    /// What a path leads to; through lists to each of their items.
    private static func values(_ field: String, in document: JSONValue) -> [JSONValue] {
        var values = [document]
        for step in field.split(separator: ".") {
            values = values.flatMap { value -> [JSONValue] in
                switch value {
                case .array(let items): items.compactMap { $0[String(step)] }
                default: value[String(step)].map { [$0] } ?? []
                }
            }
        }
        return values.flatMap { $0.array ?? [$0] }
    }

    private static func compare(_ value: JSONValue, _ symbol: String, _ wanted: String) -> Bool {
        let found = text(of: value)
        if symbol == ":" { return wanted == "*" || found.lowercased().contains(wanted.lowercased()) }
        if symbol == "=" { return found == wanted }
        let order: (less: Bool, same: Bool)
        if let left = Double(found), let right = Double(wanted) {
            order = (left < right, left == right)
        } else {
            order = (found < wanted, found == wanted)
        }
        switch symbol {
        case "<": return order.less
        case "<=": return order.less || order.same
        case ">": return !order.less && !order.same
        default: return !order.less
        }
    }

    private static func text(of value: JSONValue) -> String { value.string ?? value.text() }
}

/// Reads a filter: `AND` joins what `OR` has joined, and stands between expressions that nothing joins.
private struct FilterParser {
    private enum Token: Equatable {
        case word(String)
        case quoted(String)
        case symbol(String)
    }

    private var tokens: [Token] = []
    private var position = 0
    private var usesSymbols = false
    private var usesPatterns = false
    private(set) var fields: [String] = []

    init?(_ text: String) {
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "\"" || first == "'" {
                var value = ""
                rest.removeFirst()
                while let next = rest.popFirst(), next != first {
                    if next == "\\", let escaped = rest.popFirst() {
                        value += escaped == first || escaped == "\\" ? String(escaped) : "\\\(escaped)"
                    } else {
                        value.append(next)
                    }
                    if rest.isEmpty { return nil }
                }
                tokens.append(.quoted(value))
            } else if let symbol = ["!=", "<=", ">=", "=", "<", ">", ":", "(", ")"].first(where: rest.hasPrefix) {
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            } else if case .word(let word)? = tokens.last, word == "eq" || word == "ne" {
                // A pattern without quotes: up to the parenthesis that closes the expression.
                var depth = 0
                let literal = rest.prefix { character in
                    if character == "(" { depth += 1 }
                    if character == ")" { depth -= 1 }
                    return depth >= 0
                }
                tokens.append(.quoted(trimmed(literal)))
                rest = rest.dropFirst(literal.count)
            } else {
                let word = rest.prefix { !$0.isWhitespace && !"!=<>:()\"'".contains($0) }
                if word.isEmpty { return nil }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
    }

    mutating func filter() -> ComputeFilter.Node? {
        guard let node = expression(), position == tokens.count, !(usesSymbols && usesPatterns) else { return nil }
        return node
    }

    private var next: Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func take(_ token: Token) -> Bool {
        guard next == token else { return false }
        position += 1
        return true
    }

    private mutating func expression() -> ComputeFilter.Node? {
        var nodes: [ComputeFilter.Node] = []
        repeat {
            _ = nodes.isEmpty ? false : take(.word("AND"))
            guard let node = factor() else { return nil }
            nodes.append(node)
        } while next != nil && next != .symbol(")")
        return nodes.count == 1 ? nodes[0] : .all(nodes)
    }

    private mutating func factor() -> ComputeFilter.Node? {
        var nodes: [ComputeFilter.Node] = []
        repeat {
            guard let node = term() else { return nil }
            nodes.append(node)
        } while take(.word("OR"))
        return nodes.count == 1 ? nodes[0] : .any(nodes)
    }

    private mutating func term() -> ComputeFilter.Node? {
        if take(.word("NOT")) || take(.word("-")) { return simple().map { .not($0) } }
        if case .word(let word) = next, word.hasPrefix("-") {
            tokens[position] = .word(String(word.dropFirst()))
            return simple().map { .not($0) }
        }
        return simple()
    }

    private mutating func simple() -> ComputeFilter.Node? {
        if take(.symbol("(")) {
            guard let node = expression(), take(.symbol(")")) else { return nil }
            return node
        }
        guard case .word(let field) = next, position + 2 < tokens.count else { return nil }
        let value: String
        switch tokens[position + 2] {
        case .word(let text), .quoted(let text): value = text
        case .symbol: return nil
        }
        defer { position += 3 }
        fields.append(field)
        switch tokens[position + 1] {
        case .symbol(let symbol) where !"()".contains(symbol):
            usesSymbols = true
            return .compare(field: field, symbol: symbol, value: value)
        case .word(let word) where word == "eq" || word == "ne":
            usesPatterns = true
            guard let pattern = try? Regex(value) else { return nil }
            return .matches(field: field, pattern, isNegated: word == "ne")
        default: return nil
        }
    }
}
