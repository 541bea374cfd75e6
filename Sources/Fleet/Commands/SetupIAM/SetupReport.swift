import Common
import Console
import Text

/// One thing that was looked at, and what became of it.
struct SetupItem: Sendable {
    /// What kind of thing it is.
    enum Kind: String, Sendable {
        case role, api, bucket, repository, secret
    }

    /// What happened, or would have.
    enum Change: String, Sendable {
        case none, added, removed
    }

    let kind: Kind
    /// The role, the API, or what the thing is called.
    let name: String
    /// On what it is: `project central-element-323112`.
    let place: String
    /// How it was found: `there`, `missing`, or something in between.
    let before: String
    let change: Change
    /// Whether it has nothing to do with this kit, and is shown only.
    var isForeign = false
}

/// All that was looked at, for people and programs.
struct SetupReport: Sendable {
    let project: String
    let serviceAccount: String
    /// Whether changes are those that would be made.
    let isPlan: Bool
    var items: [SetupItem] = []
    var warnings: [Warning] = []

    /// Something to think about that this run leaves as it is.
    struct Warning: Sendable {
        let message: String
        let key: String
        let value: String
    }

    /// Whether there was nothing to change.
    var isComplete: Bool { items.allSatisfy { $0.change == .none } }

    private func after(_ item: SetupItem) -> String {
        switch item.change {
        case .none: item.before
        case .added: isPlan ? "would be added" : "added"
        case .removed: isPlan ? "would be removed" : "removed"
        }
    }

    var table: TextTable {
        var table = TextTable([.init("WHAT"), .init("ON", shrinksTo: 20), .init("BEFORE"), .init("AFTER")])
        for item in items {
            let style: TextStyle = item.change == .none ? (item.isForeign ? .dim : .plain) : isPlan ? .yellow : .green
            table.add([
                .init(item.kind == .role || item.kind == .api ? item.name : "\(item.kind) \(item.name)", style),
                .init(item.place), .init(item.before), .init(after(item), style),
            ])
        }
        return table
    }

    private func json(_ item: SetupItem) -> JSONObject {
        [
            "kind": .string(item.kind.rawValue), "name": .string(item.name), "on": .string(item.place),
            "before": .string(item.before), "after": .string(after(item)), "change": .string(item.change.rawValue),
            "foreign": .bool(item.isForeign),
        ]
    }

    var json: JSONValue {
        [
            "schema": 1, "project": .string(project), "service_account": .string(serviceAccount),
            "complete": .bool(isComplete), "written": .bool(!isPlan && !isComplete),
            "items": .array(items.map { .object(json($0)) }),
        ]
    }

    var lines: [JSONValue] {
        items.map { item in
            var line: JSONObject = ["schema": 1]
            for member in json(item).members { line[member.key] = member.value }
            return .object(line)
        }
    }
}
