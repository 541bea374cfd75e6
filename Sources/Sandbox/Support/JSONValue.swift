/// A JSON document: fields keep their order, whole numbers stay whole.
public enum JSONValue: Sendable, Equatable {
    /// The word null.
    case null
    /// true or false.
    case bool(Bool)
    /// A whole number of 64 bits.
    case integer(Int)
    /// Any other number.
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Fields.
    case object(JSONObject)

    /// The text when this is a string.
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The items when this is an array.
    public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    /// The fields when this is an object.
    public var object: JSONObject? { if case .object(let fields) = self { fields } else { nil } }
    /// The value when this is true or false.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// A whole number, also when it travels as a string (as Google's 64-bit numbers do).
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .string(let text): Int(text)
        default: nil
        }
    }

    /// This value when it is a number, whole or not.
    var number: JSONValue? {
        switch self {
        case .integer, .double: self
        default: nil
        }
    }

    /// A field of an object; nil when this is none or has no such field.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// Parses UTF-8 text; throws `JSONError` with the offset of what is wrong.
    public static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        return try parser.document()
    }

    /// Compact JSON text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Compact JSON text in UTF-8.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let value): out += String(value).utf8
        case .double(let value): out += String(value).utf8
        case .string(let text): Self.writeString(text, to: &out)
        case .array(let items):
            out.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                item.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let fields):
            out.append(UInt8(ascii: "{"))
            for (index, field) in fields.fields.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                Self.writeString(field.name, to: &out)
                out.append(UInt8(ascii: ":"))
                field.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func writeString(_ text: String, to out: inout [UInt8]) {
        var text = text
        out.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var start = 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                out += bytes[start..<index]
                start = index + 1
                switch byte {
                case UInt8(ascii: "\n"): out += "\\n".utf8
                case 0..<0x20:
                    let digits = String(byte, radix: 16)
                    out += "\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8
                default: out += [UInt8(ascii: "\\"), byte]
                }
            }
            out += bytes[start...]
        }
        out.append(UInt8(ascii: "\""))
    }
}

/// The fields of a JSON object in the order they were written.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its value.
        public var value: JSONValue
    }

    /// All fields.
    public private(set) var fields: [Field] = []

    /// Makes an object from name and value pairs.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// A field's value; setting nil removes it, setting another keeps its place.
    public subscript(name: String) -> JSONValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(Field(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// true or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; later fields of the same name are kept as written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}
