import Console

/// Files of `KEY=VALUE` lines, as `.env` files are: `export` in front, quotes, comments. A quoted value may go on over several
/// lines. Nothing is substituted.
public struct DotEnv: Sendable, Equatable {
    /// The values by key, the last of equal keys.
    public private(set) var values: [String: String] = [:]
    /// The numbers of the lines that are not of this form, from 1 on; their text, which may be a secret, is not kept.
    public private(set) var skippedLines: [Int] = []

    /// Reads what can be read of a text and skips the rest.
    public init(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var index = 0
        while index < lines.count {
            let line = lines[index].drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            var used = 1
            if !line.isEmpty, !line.hasPrefix("#") {
                if let (key, value) = Self.parse(line, lines[(index + 1)...], &used) {
                    values[key] = value
                } else {
                    skippedLines.append(index + 1)
                    used = 1
                }
            }
            index += used
        }
    }

    /// Reads a text all of whose lines must be of this form. The error names the line.
    public static func parse(_ text: String, path: String) throws -> [String: String] {
        let file = DotEnv(text)
        if let line = file.skippedLines.first { throw UsageError("line \(line) of \(path) is not KEY=VALUE") }
        return file.values
    }

    /// A key and its value; `used` becomes the number of lines that they take.
    private static func parse(_ line: Substring, _ more: ArraySlice<Substring>, _ used: inout Int) -> (String, String)?
    {
        var rest = line
        if rest.hasPrefix("export ") || rest.hasPrefix("export\t") {
            rest = rest.dropFirst(7).drop { $0 == " " || $0 == "\t" }
        }
        guard let equals = rest.firstIndex(of: "=") else { return nil }
        let key = rest[..<equals].reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        guard let first = key.first, !first.isNumber,
            key.allSatisfy({ $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return nil }
        let text = rest[rest.index(after: equals)...].drop { $0 == " " || $0 == "\t" }
        guard let quote = text.first, quote == "\"" || quote == "'" else { return (String(key), unquoted(text)) }
        var value = ""
        var part = text.dropFirst()
        var following = more
        while true {
            switch quoted(part, by: quote, into: &value) {
            case .closed: return (String(key), value)
            case .wrong: return nil
            case .open:
                guard let next = following.popFirst() else { return nil }
                value.append("\n")
                part = next
                used += 1
            }
        }
    }

    private enum Quoted {
        case closed, open, wrong
    }

    private static func quoted(_ text: Substring, by quote: Character, into value: inout String) -> Quoted {
        var rest = text
        while let character = rest.popFirst() {
            if character == quote {
                let tail = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
                return tail.isEmpty || tail.hasPrefix("#") ? .closed : .wrong
            }
            if character == "\\", quote == "\"" {
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case "r": value.append("\r")
                case let other? where "\"\\$'".contains(other): value.append(other)
                case let other?: value += ["\\", other]
                case nil: return .open
                }
            } else {
                value.append(character)
            }
        }
        return .open
    }

    /// Up to a comment that is set off by a blank, without blanks at the end.
    private static func unquoted(_ text: Substring) -> String {
        var value = ""
        for character in text {
            if character == "#", value.isEmpty || value.last == " " || value.last == "\t" { break }
            value.append(character)
        }
        while value.last == " " || value.last == "\t" { value.removeLast() }
        return value
    }
}
