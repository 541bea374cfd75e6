/// What a page of any list says beside its items.
protocol WirePage: Decodable {
    associatedtype Item
    var found: [Item] { get }
    var nextPageToken: String? { get }
    /// Why items may be missing; nil when none is.
    var gap: String? { get }
}

/// A list of one zone or region.
struct WireList<Item: Decodable>: WirePage {
    let items: [Item]?
    let nextPageToken: String?
    let warning: WireWarning?

    var found: [Item] { items ?? [] }
    var gap: String? { warning?.gap }
}

/// A warning; only that a page is empty is harmless, all others mean that something may be missing.
struct WireWarning: Decodable {
    let code: String?
    let message: String?

    var gap: String? { code == nil || code == "NO_RESULTS_ON_PAGE" ? nil : message ?? code }
}

/// A list over all zones or regions: by scope, each with the items or a warning.
struct WireAggregate<Item: AggregatedItem>: WirePage {
    struct Scope: Decodable {
        let items: [Item]
        let warning: WireWarning?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            items = try container.decodeIfPresent([Item].self, forKey: AnyKey(Item.collection)) ?? []
            warning = try container.decodeIfPresent(WireWarning.self, forKey: AnyKey("warning"))
        }
    }

    let items: [String: Scope]?
    let nextPageToken: String?
    let unreachables: [String]?
    let warning: WireWarning?

    var found: [Item] {
        (items ?? [:]).sorted { $0.key < $1.key }.flatMap(\.value.items)
    }

    var gap: String? {
        if let unreachables, !unreachables.isEmpty {
            return "\(unreachables.map(bareName).joined(separator: ", ")) cannot be reached"
        }
        if let gap = warning?.gap { return gap }
        return (items ?? [:]).sorted { $0.key < $1.key }.lazy
            .compactMap { scope in scope.value.warning?.gap.map { "\(bareName(scope.key)): \($0)" } }
            .first
    }
}

/// What aggregated lists hold: the name of their collection is the name of the field.
protocol AggregatedItem: Decodable {
    static var collection: String { get }
}

/// Any name of a JSON object's member.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) {
        stringValue = name
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}

extension ComputeClient {
    /// All items of a list, page after page. A page that cannot be had, or an answer that leaves something out, is an error:
    /// a short list would be taken for the truth.
    func all<Page: WirePage>(_ call: GoogleAPI.Call, pages: Page.Type) async throws(GoogleAPIError) -> [Page.Item] {
        var found: [Page.Item] = []
        var token: String?
        repeat {
            let page = try await api.send(token.map { call.adding("pageToken", $0) } ?? call, as: Page.self)
            if let gap = page.gap {
                throw GoogleAPIError(
                    .server(503),
                    operation: call.operation,
                    detail: "the answer is not complete (\(gap)); try again later"
                )
            }
            guard page.nextPageToken == nil || page.nextPageToken != token else {
                throw GoogleAPIError(.malformed, operation: call.operation, detail: "a page names itself as the next")
            }
            found += page.found
            token = page.nextPageToken.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        return found
    }

    /// The call of a list, in pages of the most that is possible.
    func listing(_ path: String, filter: String?, of what: String, needs: String) -> GoogleAPI.Call {
        var query = [("maxResults", "\(Self.pageSize)")]
        if let filter { query.append(("filter", filter)) }
        return GoogleAPI.Call(
            verb: "GET",
            service: .compute,
            path: path,
            query: query,
            operation: "list \(what)",
            needs: needs
        )
    }
}
