import Text

/// One role and who has it, under a condition or under none.
public struct IAMBinding: Sendable, Equatable {
    /// The role: `roles/storage.objectAdmin`.
    public let role: String
    /// The members: `serviceAccount:NAME@PROJECT.iam.gserviceaccount.com`.
    public internal(set) var members: [String]
    /// The condition. A binding with one is another binding than the same role without.
    public let condition: IAMCondition?
    /// Fields that this version does not know.
    private let others: [String: JSONValue]

    public init(role: String, members: [String], condition: IAMCondition? = nil) {
        self.role = role
        self.members = members
        self.condition = condition
        others = [:]
    }
}

/// When a binding holds. Equal only if every field is equal.
public struct IAMCondition: Sendable, Hashable {
    private let fields: [String: JSONValue]

    /// A condition; `expression` is CEL (https://cloud.google.com/iam/docs/conditions-overview).
    public init(title: String, description: String? = nil, expression: String) {
        var fields: [String: JSONValue] = ["title": .string(title), "expression": .string(expression)]
        fields["description"] = description.map { .string($0) }
        self.fields = fields
    }

    /// The title, which Google demands of conditions made today.
    public var title: String { fields["title"]?.string ?? "" }
    public var expression: String { fields["expression"]?.string ?? "" }
}

extension IAMCondition: Codable {
    public init(from decoder: any Decoder) throws {
        fields = try decoder.singleValueContainer().decode([String: JSONValue].self)
    }

    /// Writes the fields as they were read.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(fields)
    }
}

extension IAMBinding: Codable {
    public init(from decoder: any Decoder) throws {
        struct Known: Decodable {
            let role: String
            let members: [String]?
            let condition: IAMCondition?
        }
        let known = try Known(from: decoder)
        role = known.role
        members = known.members ?? []
        condition = known.condition
        var others = try decoder.singleValueContainer().decode([String: JSONValue].self)
        for name in ["role", "members", "condition"] { others[name] = nil }
        self.others = others
    }

    /// Writes it with everything that was read.
    public func encode(to encoder: any Encoder) throws {
        struct Known: Encodable {
            let role: String
            let members: [String]
            let condition: IAMCondition?
        }
        try others.encode(to: encoder)
        try Known(role: role, members: members, condition: condition).encode(to: encoder)
    }
}
