import Text

/// A page of a list: filter, order, size and where it goes on.
struct ComputeListing {
    typealias Row = (key: ResourceKey, json: JSONObject)

    private let filter: ComputeFilter?
    private let limit: Int
    private let newestFirst: Bool
    private let after: String?

    /// Judges the parameters of a list; `root` is where its items stand in the answer, for the names of fields.
    init(_ call: JSONCall, root: String, validator: ContractValidator) throws {
        let text = call.parameter("filter") ?? ""
        filter = ComputeFilter(text)
        let wrong = Refusal.invalid("filter", text, "Invalid list filter expression.")
        guard text.isEmpty || filter != nil else { throw wrong }
        for field in filter?.fields ?? [] {
            let path = "\(root)/\(field.split(separator: ".").joined(separator: "/"))"
            guard let selector = FieldSelector(path), validator.problems(inFields: selector, for: call.match).isEmpty
            else { throw wrong }
        }
        let size = call.parameter("maxResults").flatMap { Int($0) } ?? 500
        guard (0...500).contains(size) else {
            throw Refusal.invalid("maxResults", String(size), "Must be less than or equal to 500.")
        }
        limit = size == 0 ? 500 : size
        let order = call.parameter("orderBy") ?? "name"
        guard order == "name" || order == "creationTimestamp desc" else {
            throw Refusal.invalid("orderBy", order, "Only name and creationTimestamp desc are supported.")
        }
        newestFirst = order != "name"
        after = call.parameter("pageToken").flatMap { $0.isEmpty ? nil : PageToken.decode($0) }
        if let token = call.parameter("pageToken"), !token.isEmpty, after == nil {
            throw Refusal.invalid("pageToken", token, "Invalid page token.")
        }
    }

    /// The rows of this page, and the token of the next.
    func page(_ rows: [Row]) -> ([Row], String?) {
        var sorted = rows.filter { filter?.accepts($0.json) ?? true }.map { (text: sortText($0), row: $0) }
        sorted.sort { newestFirst ? $0.text > $1.text : $0.text < $1.text }
        if let after { sorted.removeAll { newestFirst ? $0.text >= after : $0.text <= after } }
        let page = sorted.prefix(limit)
        let token = sorted.count > limit ? page.last.map { PageToken.encode($0.text) } : nil
        return (page.map(\.row), token)
    }

    private func sortText(_ row: Row) -> String {
        let name = "\(row.key.scope.path)/\(row.key.name)"
        return newestFirst ? "\((row.json["creationTimestamp"] ?? row.json["insertTime"])?.string ?? "")/\(name)" : name
    }
}

/// Page tokens: where the last page ended, written so that nobody is tempted to make one.
enum PageToken {
    static func encode(_ text: String) -> String { "page-" + hex(Array(text.utf8)) }

    static func decode(_ token: String) -> String? {
        guard token.hasPrefix("page-") else { return nil }
        let digits = Array(token.dropFirst(5))
        guard digits.count % 2 == 0, !digits.isEmpty else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return bytes.count * 2 == digits.count ? String(validating: bytes, as: UTF8.self) : nil
    }
}

extension ComputeService {
    /// The resources of one place.
    func list(
        _ call: JSONCall,
        _ place: Place,
        kind: String,
        rows: (ComputeState) -> [ComputeListing.Row]
    ) throws -> JSONValue {
        let listing = try ComputeListing(call, root: "items", validator: try Self.contract.get())
        let all = try withState { state in
            if state.faults.isUnreachable(place.scope) { throw Self.unreachable(place.scope) }
            return rows(state).filter { $0.key.project == place.project.id && $0.key.scope == place.scope }
        }
        let (page, token) = listing.page(all)
        return Self.listDocument(call, kind, page, token)
    }

    static func listDocument(_ call: JSONCall, _ kind: String, _ page: [ComputeListing.Row], _ token: String?)
        -> JSONValue
    {
        var json: JSONObject = ["kind": .string(kind), "id": .string(Self.id(of: call))]
        if !page.isEmpty { json["items"] = .array(page.map { .object($0.json) }) }
        json["selfLink"] = .string(ComputeLink.url(Self.id(of: call)))
        json["nextPageToken"] = token.map { .string($0) }
        return .object(json)
    }

    /// The resources of all places, by place.
    func aggregate(
        _ call: JSONCall,
        _ place: Place,
        kind: String,
        collection: String,
        scopes: [ComputeScope],
        rows: (ComputeState) -> [ComputeListing.Row]
    ) throws -> JSONValue {
        let root = "items/any/\(collection)"
        let listing = try ComputeListing(call, root: root, validator: try Self.contract.get())
        let takesParts = call.parameter("returnPartialSuccess")?.lowercased() == "true"
        let (all, lost) = try withState { state in
            let lost = scopes.filter(state.faults.isUnreachable)
            if let first = lost.first, !takesParts { throw Self.unreachable(first) }
            return (rows(state).filter { $0.key.project == place.project.id && !lost.contains($0.key.scope) }, lost)
        }
        let (page, token) = listing.page(all)
        let groups = Dictionary(grouping: page, by: \.key.scope)
        let everywhere = call.parameter("includeAllScopes")?.lowercased() == "true"
        let shown = everywhere ? self.scopes(zones: true, regions: true, global: true) : scopes
        var items = JSONObject()
        for scope in shown.sorted(by: { $0.path < $1.path }) {
            if let rows = groups[scope] {
                items[scope.path] = .object([collection: .array(rows.map { .object($0.json) })])
            } else {
                items[scope.path] = ["warning": Self.warning(scope, isLost: lost.contains(scope))]
            }
        }
        var json: JSONObject = ["kind": .string(kind), "id": .string(Self.id(of: call)), "items": .object(items)]
        json["selfLink"] = .string(ComputeLink.url(Self.id(of: call)))
        json["nextPageToken"] = token.map { .string($0) }
        if !lost.isEmpty { json["unreachables"] = .array(lost.map { .string($0.path) }) }
        return .object(json)
    }

    private static func id(of call: JSONCall) -> String {
        String(call.request.path.drop { $0 == "/" }.replacing("compute/v1/", with: "", maxReplacements: 1))
    }

    private static func unreachable(_ scope: ComputeScope) -> Refusal {
        .google(503, "backendError", "The following locations are unreachable: \(scope.path).")
    }

    private static func warning(_ scope: ComputeScope, isLost: Bool) -> JSONValue {
        [
            "code": .string(isLost ? "UNREACHABLE" : "NO_RESULTS_ON_PAGE"),
            "message": .string(
                isLost
                    ? "The scope '\(scope.path)' is unreachable."
                    : "There are no results for scope '\(scope.path)' on this page."
            ), "data": [["key": "scope", "value": .string(scope.path)]],
        ]
    }
}
