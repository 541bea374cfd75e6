import Console

/// Files of `KEY=VALUE` lines, as `.env` files are: `export` in front, quotes, comments. Nothing is substituted.
public enum DotEnv {
    /// The values by key, the last of equal keys. An error names the line, never its text, which may be a secret.
    public static func parse(_ text: String, path: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = raw.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (key, value) = parseLine(line) else {
                throw UsageError("line \(index + 1) of \(path) is not KEY=VALUE")
            }
            values[key] = value
        }
        return values
    }

    private static func parseLine(_ line: Substring) -> (String, String)? {
        var rest = line
        if rest.hasPrefix("export ") || rest.hasPrefix("export\t") {
            rest = rest.dropFirst(7).drop { $0 == " " || $0 == "\t" }
        }
        guard let equals = rest.firstIndex(of: "=") else { return nil }
        let key = rest[..<equals].reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        guard let first = key.first, !first.isNumber,
            key.allSatisfy({ $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return nil }
        return value(rest[rest.index(after: equals)...].drop { $0 == " " || $0 == "\t" }).map { (String(key), $0) }
    }

    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            return unquoted(text)
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                let tail = rest.drop { $0 == " " || $0 == "\t" }
                return tail.isEmpty || tail.hasPrefix("#") ? value : nil
            }
            if character == "\\", quote == "\"" {
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case "r": value.append("\r")
                case let other? where "\"\\$'".contains(other): value.append(other)
                case let other?: value += ["\\", other]
                case nil: return nil
                }
            } else {
                value.append(character)
            }
        }
        return nil
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
