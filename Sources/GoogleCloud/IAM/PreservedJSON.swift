/// A JSON value that is written back as it was read, for what the kit must not lose and does not look at.
enum PreservedJSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case array([PreservedJSON])
    case object([String: PreservedJSON])

    /// The text, if it is one.
    var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The member of an object.
    subscript(key: String) -> PreservedJSON? { if case .object(let members) = self { members[key] } else { nil } }
}

extension PreservedJSON: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let double = try? value.decode(Double.self) {
            self = .double(double)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let array = try? value.decode([PreservedJSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: PreservedJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .integer(let integer): try value.encode(integer)
        case .double(let double): try value.encode(double)
        case .text(let text): try value.encode(text)
        case .array(let array): try value.encode(array)
        case .object(let members): try value.encode(members)
        }
    }
}
