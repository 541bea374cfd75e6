/// Who may do what with a resource: roles, each with its members, as IAM keeps them.
///
/// Edits are pure, and touch nothing but the binding that they are about: conditions, foreign members and unknown fields are
/// written back as they were read.
public struct IAMPolicy: Sendable, Equatable {
    /// The version that is asked for and written; older ones would lose conditions.
    static let version = 3

    /// The bindings, in the order read.
    public private(set) var bindings: [IAMBinding]
    /// The fingerprint of what was read, which a write must carry.
    public let etag: String?

    public init(bindings: [IAMBinding] = [], etag: String? = nil) {
        self.bindings = bindings
        self.etag = etag
    }

    /// Whether the member has the role by name, under exactly this condition (nil: under none).
    public func grants(_ role: String, to member: String, condition: IAMCondition? = nil) -> Bool {
        bindings.contains { $0.role == role && $0.condition == condition && $0.members.contains(member) }
    }

    /// The roles of these that the member does not have, or has under a condition only.
    public func missing(_ roles: [String], for member: String) -> [String] {
        roles.filter { !grants($0, to: member) }
    }

    /// The bindings that name the member, conditional ones too.
    public func bindings(of member: String) -> [IAMBinding] {
        bindings.filter { $0.members.contains(member) }
    }

    /// The policy with the member in the role's binding of exactly this condition, which is appended when there is none.
    public func adding(_ member: String, to role: String, condition: IAMCondition? = nil) -> IAMPolicy {
        guard !grants(role, to: member, condition: condition) else { return self }
        var policy = self
        if let place = bindings.firstIndex(where: { $0.role == role && $0.condition == condition }) {
            policy.bindings[place].members.append(member)
        } else {
            policy.bindings.append(IAMBinding(role: role, members: [member], condition: condition))
        }
        return policy
    }

    /// The policy without the member in the role's bindings of exactly this condition; bindings without members go.
    public func removing(_ member: String, from role: String, condition: IAMCondition? = nil) -> IAMPolicy {
        guard grants(role, to: member, condition: condition) else { return self }
        var policy = self
        policy.bindings = bindings.compactMap { binding in
            guard binding.role == role, binding.condition == condition, binding.members.contains(member) else {
                return binding
            }
            var rest = binding
            rest.members.removeAll { $0 == member }
            return rest.members.isEmpty ? nil : rest
        }
        return policy
    }
}

extension IAMPolicy: Codable {
    private enum Key: String, CodingKey {
        case bindings, etag, version
    }

    /// Reads a policy; one without bindings has none.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        bindings = try fields.decodeIfPresent([IAMBinding].self, forKey: .bindings) ?? []
        etag = try fields.decodeIfPresent(String.self, forKey: .etag)
    }

    /// Writes bindings, ETag and version 3. Audit settings are left out: a write without an update mask does not touch them.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(bindings, forKey: .bindings)
        try fields.encodeIfPresent(etag, forKey: .etag)
        try fields.encode(Self.version, forKey: .version)
    }
}
