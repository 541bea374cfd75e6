extension JSONValue {
    /// How JSON text is laid out.
    public enum Layout: Sendable {
        /// One line without blanks.
        case compact
        /// Two blanks an indent, one member or element a line.
        case pretty
    }

    /// The value as JSON text without a final line feed; `sortedKeys` orders members by name instead of keeping their order.
    public func text(_ layout: Layout = .compact, sortedKeys: Bool = false) -> String {
        var writer = JSONWriter(layout: layout, sortedKeys: sortedKeys)
        writer.write(self, indent: 0)
        return writer.text
    }

    /// The value as UTF-8 JSON.
    public func bytes(_ layout: Layout = .compact, sortedKeys: Bool = false) -> [UInt8] {
        Array(text(layout, sortedKeys: sortedKeys).utf8)
    }
}

private struct JSONWriter {
    let layout: JSONValue.Layout
    let sortedKeys: Bool
    var text = ""

    mutating func write(_ value: JSONValue, indent: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): write(value)
        case .array(let elements):
            write(elements, "[", "]", indent) { writer, element in writer.write(element, indent: indent + 1) }
        case .object(let object):
            let members = sortedKeys ? object.members.sorted { $0.key < $1.key } : object.members
            write(members, "{", "}", indent) { writer, member in
                writer.write(member.key)
                writer.text += writer.layout == .pretty ? ": " : ":"
                writer.write(member.value, indent: indent + 1)
            }
        }
    }

    private mutating func write<T>(
        _ items: [T],
        _ open: String,
        _ close: String,
        _ indent: Int,
        _ writeItem: (inout JSONWriter, T) -> Void
    ) {
        text += open
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            breakLine(indent + 1)
            writeItem(&self, item)
        }
        if !items.isEmpty { breakLine(indent) }
        text += close
    }

    private mutating func breakLine(_ indent: Int) {
        guard layout == .pretty else { return }
        text += "\n" + String(repeating: "  ", count: indent)
    }

    private mutating func write(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // The document is the same to a program, and does nothing to a terminal or a reader of lines.
            case _ where !scalar.isPrintable:
                for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] {
                    let hex = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
