import Text

/// A place in a metadata server's tree.
enum MetadataNode: Sendable, Equatable {
    /// A value, and how it reads in JSON.
    case value(String, json: JSONValue)
    /// Entries by the names that paths have; JSON writes them in camel case unless they are the user's own.
    case folder([(name: String, node: MetadataNode)], isUsers: Bool)

    static func == (left: MetadataNode, right: MetadataNode) -> Bool { left.json == right.json }

    static func text(_ text: String) -> MetadataNode { .value(text, json: .string(text)) }

    /// A folder of Google's.
    static func folder(_ entries: [(name: String, node: MetadataNode)]) -> MetadataNode {
        .folder(entries, isUsers: false)
    }

    /// The node at a path; nil when there is none.
    func node(at path: ArraySlice<String>) -> MetadataNode? {
        guard let first = path.first else { return self }
        guard case .folder(let entries, _) = self else { return nil }
        return entries.first { $0.name == first }?.node.node(at: path.dropFirst())
    }

    /// The whole node, as `?recursive=true` shows it.
    var json: JSONValue {
        switch self {
        case .value(_, let json): return json
        case .folder(let entries, let isUsers):
            // Numbered entries are a list.
            if !entries.isEmpty, entries.allSatisfy({ Int($0.name) != nil }) { return .array(entries.map(\.node.json)) }
            var object = JSONObject()
            for (name, node) in entries { object[isUsers ? name : Self.camelCase(name)] = node.json }
            return .object(object)
        }
    }

    /// One line an entry, folders with a slash.
    var listing: String {
        guard case .folder(let entries, _) = self else { return "" }
        return entries.map { entry in
            if case .folder = entry.node { "\(entry.name)/\n" } else { "\(entry.name)\n" }
        }.joined()
    }

    /// All values below, each a line of path and value.
    func lines(prefix: String = "") -> String {
        switch self {
        case .value(let text, _): "\(prefix) \(text)\n"
        case .folder(let entries, _):
            entries.map { $0.node.lines(prefix: prefix.isEmpty ? $0.name : "\(prefix)/\($0.name)") }.joined()
        }
    }

    private static func camelCase(_ name: String) -> String {
        let parts = name.split(separator: "-").map(String.init)
        return (parts.first ?? "") + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension MetadataNode {
    /// What a VM sees of itself and its project; the tokens are not part of it.
    init(_ record: BootRecord, isPreempted: Bool) {
        let number = record.projectNumber
        let zone = "projects/\(number)/zones/\(record.zone)"
        let flag = { (value: Bool) in MetadataNode.text(value ? "TRUE" : "FALSE") }
        var accounts: [(name: String, node: MetadataNode)] = []
        if let account = record.serviceAccount {
            let entry = MetadataNode.folder([
                ("aliases", .value("default\n", json: ["default"])), ("email", .text(account)),
                (
                    "scopes",
                    .value(
                        record.scopes.map { $0 + "\n" }.joined(),
                        json: .array(record.scopes.map(JSONValue.string))
                    )
                ),
            ])
            accounts = [("default", entry), (account, entry)]
        }
        let attributes = record.metadata.sorted { $0.key < $1.key }.map { ($0.key, MetadataNode.text($0.value)) }
        self = .folder([
            (
                "instance",
                .folder([
                    ("attributes", .folder(attributes, isUsers: true)), ("cpu-platform", .text("Intel Broadwell")),
                    ("description", .text("")),
                    ("hostname", .text("\(record.name).\(record.zone).c.\(record.project).internal")),
                    ("id", .value(String(record.id), json: .string(String(record.id)))),
                    ("machine-type", .text("projects/\(number)/machineTypes/\(record.machineType)")),
                    ("maintenance-event", .text("NONE")), ("name", .text(record.name)),
                    ("preempted", flag(isPreempted)),
                    (
                        "scheduling",
                        .folder([
                            ("automatic-restart", flag(false)), ("on-host-maintenance", .text("TERMINATE")),
                            ("preemptible", flag(record.isPreemptible)),
                        ])
                    ),
                    ("service-accounts", .folder(accounts, isUsers: true)), ("zone", .text(zone)),
                ])
            ),
            (
                "project",
                .folder([
                    ("attributes", .folder([], isUsers: true)),
                    ("numeric-project-id", .value(String(number), json: .integer(number))),
                    ("project-id", .text(record.project)),
                ])
            ),
        ])
    }
}
