import Glibc
import Synchronization
import Text

/// A path template of a discovery document: `{x}` is one encoded segment, `{+x}` keeps slashes.
struct PathTemplate: Sendable {
    private enum Piece: Sendable {
        case literal([UInt8])
        case variable(name: String, crossesSlash: Bool, pattern: String?)
    }

    private let pieces: [Piece]
    private let stopsAtColon: Bool
    /// How many bytes of a path it spells out.
    let literalCount: Int

    init(_ template: String, _ parameters: [String: ContractSpec]) {
        var pieces: [Piece] = []
        var rest = template[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            if open > rest.startIndex { pieces.append(.literal(Array(rest[..<open].utf8))) }
            let inner = rest[rest.index(after: open)..<close]
            let name = inner.hasPrefix("+") ? String(inner.dropFirst()) : String(inner)
            pieces.append(
                .variable(name: name, crossesSlash: inner.hasPrefix("+"), pattern: parameters[name]?.pattern)
            )
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.literal(Array(rest.utf8))) }
        self.pieces = pieces
        literalCount = pieces.reduce(0) { count, piece in
            if case .literal(let bytes) = piece { count + bytes.count } else { count }
        }
        stopsAtColon = template.contains(":")
    }

    /// The decoded variables when the path fits; nil when it does not.
    func match(_ path: String) -> [String: String]? {
        var values: [String: String] = [:]
        return match(Array(path.utf8)[...], pieces[...], &values) ? values : nil
    }

    private func match(_ path: ArraySlice<UInt8>, _ pieces: ArraySlice<Piece>, _ values: inout [String: String]) -> Bool
    {
        guard let piece = pieces.first else { return path.isEmpty }
        switch piece {
        case .literal(let bytes):
            return path.starts(with: bytes) && match(path.dropFirst(bytes.count), pieces.dropFirst(), &values)
        case .variable(let name, let crossesSlash, let pattern):
            let longest = path.prefix { byte in
                crossesSlash || (byte != UInt8(ascii: "/") && !(stopsAtColon && byte == UInt8(ascii: ":")))
            }
            var count = longest.count
            while count > 0 {
                // The pattern last: it costs most.
                if let text = percentDecoded(String(decoding: longest.prefix(count), as: UTF8.self)),
                    match(path.dropFirst(count), pieces.dropFirst(), &values),
                    pattern.map({ wholeMatch(text, pattern: $0) }) ?? true
                {
                    values[name] = text
                    return true
                }
                if !crossesSlash { return false }
                count -= 1
            }
            return false
        }
    }
}

/// The patterns met so far, compiled once: an API has a few dozen of them, and compiling one takes longer than a request may.
private let compiledPatterns = Mutex<[String: regex_t]>([:])

/// Whether the whole text fits a regular expression of a discovery document (they stay within POSIX's extended form).
func wholeMatch(_ text: String, pattern: String) -> Bool {
    compiledPatterns.withLock { compiled in
        if compiled[pattern] == nil {
            var inner = pattern.replacing("(?:", with: "(")
            if inner.hasPrefix("^") { inner.removeFirst() }
            if inner.hasSuffix("$") { inner.removeLast() }
            var expression = regex_t()
            guard regcomp(&expression, "^(\(inner))$", REG_EXTENDED | REG_NOSUB) == 0 else { return true }
            compiled[pattern] = expression
        }
        guard var expression = compiled[pattern] else { return true }
        return regexec(&expression, text, 0, nil, 0) == 0
    }
}
