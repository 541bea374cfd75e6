/// Text that is not JSON, with the place where that shows.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String
    /// Bytes from the start, 0-based.
    public let offset: Int

    /// An error at a byte, also for readers of a document's content.
    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

extension JSONValue {
    /// Reads one JSON document (RFC 8259, strictly: valid UTF-8, no duplicate names, nothing behind it) of at most
    /// `maximumDepth` nested arrays and objects. Throws `JSONError`.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        self = try parser.document()
    }

    /// Reads one JSON document from text. Throws `JSONError`.
    public init(parsing text: String) throws {
        try self.init(parsing: Array(text.utf8))
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var at = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        guard at == bytes.count else { throw error("something follows the value") }
        return value
    }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: at) }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        skipBlanks()
        guard let byte = next else { throw error("the text ends where a value should be") }
        switch Unicode.Scalar(byte) {
        case "{": return try object(depth: depth + 1)
        case "[": return try array(depth: depth + 1)
        case "\"": return .string(try string())
        case "-", "0"..."9": return try number()
        case "t": return try word("true", .bool(true))
        case "f": return try word("false", .bool(false))
        case "n": return try word("null", .null)
        default: throw error("no value begins like this")
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[at...].starts(with: text.utf8) else { throw error("no value begins like this") }
        at += text.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth)") }
        at += 1
        var object = JSONObject()
        var names: Set<String> = []
        skipBlanks()
        if accept("}") { return .object(object) }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw error("a member's name is missing") }
            let name = try string()
            guard names.insert(name).inserted else { throw error("the name \"\(printable(name))\" occurs twice") }
            skipBlanks()
            guard accept(":") else { throw error("a colon is missing") }
            object.append(name, try value(depth: depth))
            skipBlanks()
        } while accept(",")
        guard accept("}") else { throw error("a comma or a closing brace is missing") }
        return .object(object)
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth)") }
        at += 1
        var elements: [JSONValue] = []
        skipBlanks()
        if accept("]") { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth))
            skipBlanks()
        } while accept(",")
        guard accept("]") else { throw error("a comma or a closing bracket is missing") }
        return .array(elements)
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        _ = accept("-")
        let isZero = next == UInt8(ascii: "0")
        let digitCount = skipDigits()
        if digitCount == 0 || isZero && digitCount > 1 { throw error("a number is malformed") }
        var isWhole = true
        if accept(".") {
            isWhole = false
            if skipDigits() == 0 { throw error("digits are missing after the point") }
        }
        if accept("e") || accept("E") {
            isWhole = false
            if !accept("+") { _ = accept("-") }
            if skipDigits() == 0 { throw error("digits are missing in the exponent") }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, text != "-0", let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw error("a number is too large") }
        return .double(value)
    }

    private mutating func skipDigits() -> Int {
        let start = at
        while let byte = next, byte >= 0x30, byte <= 0x39 { at += 1 }
        return at - start
    }

    private mutating func string() throws -> String {
        at += 1
        var text = ""
        var plainStart = at
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                text += try plain(plainStart)
                at += 1
                return text
            case UInt8(ascii: "\\"):
                text += try plain(plainStart)
                at += 1
                text.unicodeScalars.append(try escaped())
                plainStart = at
            case 0..<0x20: throw error("a control character is in a string")
            default: at += 1
            }
        }
        throw error("a string does not end")
    }

    private func plain(_ start: Int) throws -> String {
        guard let text = String(validating: bytes[start..<at], as: UTF8.self) else {
            throw JSONError(reason: "a string is not valid UTF-8", offset: start)
        }
        return text
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        guard let byte = next else { throw error("a string does not end") }
        at += 1
        switch Unicode.Scalar(byte) {
        case "\"": return "\""
        case "\\": return "\\"
        case "/": return "/"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try unicode()
        default: throw error("an unknown escape is in a string")
        }
    }

    private mutating func unicode() throws -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, accept("\\"), accept("u") else { throw error("half of a surrogate pair is missing") }
        let second = try hexUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("half of a surrogate pair is missing") }
        return scalar
    }

    private mutating func hexUnit() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits are missing")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}
