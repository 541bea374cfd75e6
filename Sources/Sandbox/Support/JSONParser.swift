/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String
}

/// A strict JSON parser (RFC 8259): no comments, no trailing commas, no duplicate fields, valid UTF-8.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws -> JSONValue {
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw problem("text after the document") }
        return value
    }

    private func problem(_ what: String) -> JSONError { JSONError(description: "\(what) at byte \(position)") }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func value() throws -> JSONValue {
        skipBlanks()
        guard position < bytes.count else { throw problem("the text ends early") }
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw problem("nested too deep") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw problem("unknown word") }
        position += text.utf8.count
        return value
    }

    private mutating func object() throws -> JSONValue {
        position += 1
        var object = JSONObject()
        if take(UInt8(ascii: "}")) { return .object(object) }
        repeat {
            skipBlanks()
            let name = try string()
            guard object[name] == nil else { throw problem("field \(name) twice") }
            guard take(UInt8(ascii: ":")) else { throw problem("colon expected") }
            object[name] = try value()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw problem("comma or } expected") }
        return .object(object)
    }

    private mutating func array() throws -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(items) }
        repeat { items.append(try value()) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw problem("comma or ] expected") }
        return .array(items)
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        while position < bytes.count, isDigit(bytes[position]) || "+-.eE".utf8.contains(bytes[position]) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let startsWell =
            digits.first?.isNumber == true && !(digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true)
        guard startsWell, !text.hasSuffix(".") else { throw problem("value expected") }
        if let whole = Int(text) { return .integer(whole) }
        guard let value = Double(text) else { throw problem("no number") }
        return .double(value)
    }

    private mutating func string() throws -> String {
        guard take(UInt8(ascii: "\"")) else { throw problem("string expected") }
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let checked = String(validating: text, as: UTF8.self) else { throw problem("no valid UTF-8") }
                return checked
            case UInt8(ascii: "\\"): try escape(to: &text)
            case 0..<0x20: throw problem("control character in a string")
            default: text.append(byte)
            }
        }
        throw problem("the string does not end")
    }

    private mutating func escape(to text: inout [UInt8]) throws {
        guard position < bytes.count else { throw problem("the string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try unit()
            if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: "\\u".utf8) {
                position += 2
                code = 0x10000 + (code - 0xD800) << 10 + (try unit() &- 0xDC00) & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else { throw problem("half of a surrogate pair") }
            text += String(Character(scalar)).utf8
        default: throw problem("unknown escape")
        }
    }

    private mutating func unit() throws -> UInt32 {
        let end = position + 4
        guard end <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
        else { throw problem("four hexadecimal digits expected") }
        position = end
        return code
    }
}
