public import Text

/// Headers of a request or an answer, in order; names are compared without regard to case.
public struct ServedHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// One line: name as written, value trimmed.
    public struct Field: Sendable, Equatable {
        /// The name as it was written.
        public let name: String
        public let value: String
    }

    /// All lines in order.
    public private(set) var fields: [Field] = []

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first value under a name; setting replaces all lines of that name, nil removes them.
    public subscript(name: String) -> String? {
        get {
            let wanted = name.lowercased()
            return fields.first { $0.name.lowercased() == wanted }?.value
        }
        set {
            let wanted = name.lowercased()
            fields.removeAll { $0.name.lowercased() == wanted }
            if let newValue { add(name, newValue) }
        }
    }

    /// Appends a line, keeping others of the same name.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }
}

/// The head of a request as the sandbox received it.
public struct ServedRequest: Sendable {
    public let method: String
    /// Path and query as sent, still percent-encoded.
    public let target: String
    /// The path as sent, still percent-encoded (an object name's `/` is `%2F`).
    public let path: String
    /// The decoded query, in order.
    public let query: [QueryItem]
    public let headers: ServedHeaders
    /// `http` or `https`, for links in answers.
    public let scheme: String
    /// Who asks: the VM whose own server it is, or the address of the connection.
    public let client: String

    /// The value of a query parameter, nil when it is not there.
    public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Scheme and host as the client wrote them, the base of links back to this server.
    public var base: String { "\(scheme)://\(headers["Host"] ?? "127.0.0.1")" }
}

/// One decoded query parameter.
public struct QueryItem: Sendable, Equatable {
    /// Name before the `=`.
    public let name: String
    /// Value after it, empty when there is none.
    public let value: String

    /// The items of `a=b&c=d`; nil when a name or value is badly encoded.
    static func all(in text: some StringProtocol) -> [QueryItem]? {
        var items: [QueryItem] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(parts[0], plusIsBlank: true),
                let value = percentDecoded(parts.count > 1 ? parts[1] : "", plusIsBlank: true)
            else { return nil }
            items.append(QueryItem(name: name, value: value))
        }
        return items
    }
}

/// What a handler sees of one request: the head, the body as a stream, and what it wants recorded.
public final class Exchange {
    public let request: ServedRequest
    /// The body, read once.
    public let body: RequestBody
    /// How many bytes of this upload chunk the service shall keep (fault `keep`), nil for all.
    public let keepBytes: Int?
    /// The JSON document of the body, set by the handler so that it is recorded.
    public var recordedBody: JSONValue?
    /// A mark for the record, such as `resumable-chunk`.
    public var recordedKind: String?
    /// Breaches of the contract found in this request.
    public var violations: [String] = []

    init(request: ServedRequest, body: RequestBody, keepBytes: Int?) {
        self.request = request
        self.body = body
        self.keepBytes = keepBytes
    }
}
