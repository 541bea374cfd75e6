import GoogleCloud

/// A role that the VMs' service account is to have somewhere.
struct RoleGrant: Sendable, Hashable {
    /// What kind of thing the role is given on.
    enum Place: String, Sendable, CaseIterable {
        case project
        case bucket
        /// The Docker image's repository.
        case repository
        /// The Tardis key's secret.
        case secret
    }

    /// The role: `roles/storage.objectAdmin`.
    let role: String
    let place: Place
    /// Under which condition; nil for under none.
    let condition: IAMCondition?

    init(_ role: String, on place: Place, condition: IAMCondition? = nil) {
        self.role = role
        self.place = place
        self.condition = condition
    }

    /// How it stands in a policy of its place.
    enum Standing: Sendable, Equatable {
        case present
        /// It is not there.
        case missing
        /// The role is there, but only under conditions of these titles, which is not what is wanted.
        case conditional([String])
    }

    /// How it stands for the member in its place's policy.
    func standing(in policy: IAMPolicy, for member: String) -> Standing {
        if policy.grants(role, to: member, condition: condition) { return .present }
        let titles = policy.bindings(of: member).filter { $0.role == role }.compactMap { $0.condition?.title }
        return titles.isEmpty ? .missing : .conditional(titles)
    }
}

extension IAMPolicy {
    /// The policy with those of the grants that are missing.
    func adding(_ grants: [RoleGrant], for member: String) -> IAMPolicy {
        grants.reduce(self) { $0.adding(member, to: $1.role, condition: $1.condition) }
    }

    /// The policy without any of the grants.
    func removing(_ grants: [RoleGrant], for member: String) -> IAMPolicy {
        grants.reduce(self) { $0.removing(member, from: $1.role, condition: $1.condition) }
    }
}
