import Text

/// A resource's IAM policy: what may be written and how it reads.
struct IAMPolicy: Sendable {
    /// Why a policy was not taken.
    enum Problem: Error, Equatable {
        /// Someone else changed it since it was read.
        case conflict
        /// It is no policy that the resource can have; a sentence.
        case invalid(String)
    }

    struct Rules: Sendable {
        /// The service accounts that exist in this project, told by their domain's end.
        var accounts: Set<String> = []
        /// The ends of addresses that belong to the project.
        var domains: [String] = []
        /// Whether everybody may be a member.
        var allowsAllUsers = false
        /// Whether somebody must stay the owner.
        var keepsOwner = false
    }

    /// Principals in all bindings, each occurrence counted.
    static let principalLimit = 1_500

    private(set) var bindings: [JSONValue] {
        didSet { noteTimes() }
    }
    /// Since when each member has each role, in microseconds since 1970.
    private var times: [Holding: Int] = [:]

    private struct Holding: Hashable {
        let role: String
        let member: String
    }

    private var auditConfigs: JSONValue?
    private var revision: Int

    init(bindings: [JSONValue] = [], auditConfigs: JSONValue? = nil) {
        self.bindings = bindings
        self.auditConfigs = auditConfigs
        revision = Int.random(in: 1...1 << 40)
        noteTimes(0)
    }

    private mutating func noteTimes(_ now: Int = Clock.microseconds()) {
        var noted: [Holding: Int] = [:]
        for binding in bindings {
            for member in binding["members"]?.array ?? [] {
                let holding = Holding(role: binding["role"]?.string ?? "", member: member.string ?? "")
                noted[holding] = times[holding] ?? now
            }
        }
        times = noted
    }

    var etag: String { base64([0x07, 0x06] + withUnsafeBytes(of: revision.bigEndian) { Array($0.suffix(6)) }) }

    /// 3 with conditions, otherwise 1.
    var version: Int { bindings.contains { $0["condition"] != nil } ? 3 : 1 }

    /// The policy for a reader that understands a version: below 3 conditions are hidden behind made-up roles.
    func json(requestedVersion: Int) -> JSONValue {
        var shown = bindings
        var version = version
        if requestedVersion < 3, version == 3 {
            version = 1
            shown = bindings.enumerated().map { index, binding in
                guard binding["condition"] != nil, var fields = binding.object else { return binding }
                fields["condition"] = nil
                fields["role"] = .string("\(binding["role"]?.string ?? "")_withcond_\(String(index, radix: 16))0c0ffee")
                return .object(fields)
            }
        }
        var policy: JSONObject = ["version": .integer(version), "etag": .string(etag)]
        if !shown.isEmpty { policy["bindings"] = .array(shown) }
        policy["auditConfigs"] = auditConfigs
        return .object(policy)
    }

    /// Whether a member has a role, whatever the condition, and has had it for so many microseconds.
    func grants(_ role: String, to member: String, delay: Int = 0) -> Bool {
        times[Holding(role: role, member: member)].map { Clock.microseconds() - $0 >= delay } ?? false
    }

    /// Somebody else's change: one more member of a binding of its own.
    mutating func addForeignMember() {
        revision += 1
        let member = JSONValue.string("user:somebody-else-\(revision % 100_000)@example.com")
        bindings.append(["role": "roles/browser", "members": [member]])
        bindings = Self.merged(bindings)
    }

    /// Writes a policy; `paths` names what of it counts.
    mutating func replace(with policy: JSONValue, paths: Set<String> = ["bindings", "etag"], rules: Rules)
        throws(Problem)
    {
        if paths.contains("etag"), let sent = policy["etag"]?.string, !sent.isEmpty {
            // As bytes: some clients write them back in the alphabet for URLs.
            guard decodedBase64(sent) == decodedBase64(etag) else { throw .conflict }
            let announced = policy["version"]?.integer ?? 0
            if announced < version {
                throw .invalid(
                    "Specified policy version (\(announced)) cannot be less than the existing policy version (\(version))."
                )
            }
        }
        if paths.contains("bindings") {
            let written = policy["bindings"]?.array ?? []
            try Self.check(written, version: policy["version"]?.integer ?? 0, rules)
            let owner = { (binding: JSONValue) in binding["role"] == "roles/owner" }
            if rules.keepsOwner, bindings.contains(where: owner), !written.contains(where: owner) {
                throw .invalid("The policy must keep at least one owner of the project.")
            }
            bindings = Self.merged(written)
        }
        if paths.contains("auditConfigs") { auditConfigs = policy["auditConfigs"] }
        revision += 1
    }

    private static func check(_ bindings: [JSONValue], version: Int, _ rules: Rules) throws(Problem) {
        guard [0, 1, 3].contains(version) else { throw .invalid("Policy version \(version) is not supported.") }
        var principals = 0
        for binding in bindings {
            guard let role = binding["role"]?.string, wholeMatch(role, pattern: rolePattern) else {
                throw .invalid("Role \(binding["role"]?.string ?? "(none)") is not supported for this resource.")
            }
            if role.contains("_withcond_") {
                throw .invalid("Role \(role) stands for a binding with a condition, which version 1 cannot write.")
            }
            if let condition = binding["condition"] {
                guard version == 3 else {
                    throw .invalid("The policy has conditions, so that its version must be 3, and not \(version).")
                }
                guard condition["expression"]?.string?.isEmpty == false, condition["title"]?.string?.isEmpty == false
                else { throw .invalid("The condition of \(role) needs an expression and a title.") }
            }
            let members = (binding["members"]?.array ?? []).compactMap(\.string)
            if members.isEmpty { throw .invalid("The binding of \(role) has no members.") }
            principals += members.count
            for member in members { try check(member, rules) }
        }
        guard principals <= principalLimit else {
            throw .invalid("The policy has \(principals) principals, and the limit is \(principalLimit).")
        }
    }

    private static func check(_ member: String, _ rules: Rules) throws(Problem) {
        if member == "allUsers" || member == "allAuthenticatedUsers" {
            if rules.allowsAllUsers { return }
            throw .invalid("Principals of type allUsers and allAuthenticatedUsers cannot be used for this resource.")
        }
        guard memberPatterns.contains(where: { wholeMatch(member, pattern: $0) }) else {
            throw .invalid("The member \(member) is of an unknown type. Please set a valid type prefix for the member.")
        }
        guard member.hasPrefix("serviceAccount:") else { return }
        let account = String(member.dropFirst("serviceAccount:".count))
        if rules.domains.contains(where: account.hasSuffix), !rules.accounts.contains(account) {
            throw .invalid("Service account \(account) does not exist.")
        }
    }

    /// One binding a role and condition, as the service keeps them: in the order of their first place, members once.
    private static func merged(_ bindings: [JSONValue]) -> [JSONValue] {
        var merged: [JSONObject] = []
        for binding in bindings.compactMap(\.object) {
            let index = merged.firstIndex {
                $0["role"] == binding["role"] && $0["condition"] == binding["condition"]
            }
            var members = index.flatMap { merged[$0]["members"]?.array } ?? []
            for member in binding["members"]?.array ?? [] where !members.contains(member) { members.append(member) }
            var fields = binding
            fields["members"] = .array(members)
            if let index { merged[index] = fields } else { merged.append(fields) }
        }
        return merged.map(JSONValue.object)
    }

    private static let rolePattern =
        "roles/[A-Za-z0-9_.]+|projects/[a-z0-9-]+/roles/[A-Za-z0-9_.]+|organizations/[0-9]+/roles/[A-Za-z0-9_.]+"
    private static let memberPatterns = [
        "(user|serviceAccount|group):[^@:[:space:]]+@[^@:[:space:]]+\\.[^@:[:space:]]+",
        "deleted:(user|serviceAccount|group):[^@:[:space:]]+@[^@:[:space:]]+\\?uid=[0-9]+",
        "domain:[^@:[:space:]]+\\.[^@:[:space:]]+", "project(Owner|Editor|Viewer):[a-z0-9-]+",
        "principal(Set)?://.+",
    ]
}
