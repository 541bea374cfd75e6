public import Text

/// One request to a Google JSON API that was found in its contract and judged to be in order.
public struct JSONCall: Sendable {
    public let request: ServedRequest
    public let match: Contract.Match
    /// The JSON body; nil when there is none.
    public let body: JSONValue?

    /// The method's id, such as `compute.instances.get`.
    public var method: String { match.method }

    /// A decoded path parameter; empty when the method has none of this name.
    public func path(_ name: String) -> String { match.path[name] ?? "" }

    /// A query parameter; nil when it was not sent.
    public func parameter(_ name: String) -> String? { request.parameter(name) }
}

/// A stand-in for one of Google's JSON APIs: what all of them do with a request before they do their own work.
///
/// A request is looked up in the contract (404 or 405 otherwise), must carry a token that is taken (401), and is judged with
/// query, `fields` and body (400). Each breach of the contract is noted in the exchange.
public protocol JSONService: SandboxService {
    /// The APIs it speaks, in the order in which a path is looked up; read at the first request.
    func validators() throws -> [ContractValidator]
    /// Whether the value of `Authorization` is taken.
    func isAuthorized(_ authorization: String?) -> Bool
    /// The answer to a request that is in order; refuses by throwing a `Refusal`.
    func answer(_ call: JSONCall) throws -> JSONValue
    /// The body as it may be recorded; a service of secrets leaves them out.
    func recordable(_ body: JSONValue) -> JSONValue
}

extension JSONService {
    public func recordable(_ body: JSONValue) -> JSONValue { body }

    public func respond(to exchange: Exchange) throws -> ServedResponse { try respondToCall(exchange) }

    /// What `respond` does unless a service has more ways in.
    func respondToCall(_ exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        let needsLength = ["POST", "PUT", "PATCH"].contains(request.method)
        if needsLength, request.headers["Content-Length"] == nil, request.headers["Transfer-Encoding"] == nil {
            throw Refusal(refused(411, "POST requests require a Content-Length header."))
        }
        let bytes = try exchange.body.readAll()
        return try respond(to: request, bytes, recording: &exchange.recordedBody, violations: &exchange.violations)
    }

    /// Answers a request whose body was read, as the parts of a batch are.
    func respond(
        to request: ServedRequest,
        _ bytes: [UInt8],
        recording recorded: inout JSONValue?,
        violations: inout [String]
    ) throws -> ServedResponse {
        let (validator, match) = try route(request, &violations)
        guard isAuthorized(request.headers["Authorization"]) else {
            throw Refusal(refused(401, "Request had invalid authentication credentials."))
        }
        try judge(validator.problems(inQueryOf: request, for: match), &violations)
        var selector: FieldSelector?
        if let text = request.parameter("fields"), !text.isEmpty {
            selector = FieldSelector(text)
            try judge(selector == nil ? ["Invalid field selection \(text)"] : [], &violations)
            try judge(selector.map { validator.problems(inFields: $0, for: match) } ?? [], &violations)
        }
        let body = try bytes.isEmpty ? nil : json(bytes, of: request, &violations)
        recorded = body.map(recordable)
        var problems = validator.problems(inBody: body, for: match)
        // gcloud sends back whole documents that it has read, and the real services take them.
        if request.headers["User-Agent"]?.hasPrefix("google-cloud-sdk gcloud/") == true {
            problems.removeAll { $0.hasSuffix(ContractValidator.outputOnly) }
        }
        // What was found in place of another type may be a secret.
        let isOpen = recorded == body
        try judge(isOpen ? problems : problems.map { String($0.prefix { $0 != "," }) }, &violations)
        let document = try answer(JSONCall(request: request, match: match, body: body))
        return .json(selector?.apply(to: document) ?? document)
    }

    /// An error of this service with the usual reason for its status.
    func refused(_ status: Int, _ message: String) -> ServedResponse {
        refusal(RefusalText(status, message))
    }

    private func route(_ request: ServedRequest, _ violations: inout [String]) throws
        -> (ContractValidator, Contract.Match)
    {
        let place = "\(request.method) \(request.path)"
        var others: [String] = []
        for validator in try validators() {
            switch validator.contract.lookup(method: request.method, path: request.path) {
            case .found(let match): return (validator, match)
            case .otherVerbs(let verbs): others += verbs
            case .unknown: break
            }
        }
        violations.append(others.isEmpty ? "no such path in the API \(name)" : "only \(others) here")
        if others.isEmpty { throw Refusal(refused(404, "No such path: \(place)")) }
        throw Refusal(refused(405, "\(place): only \(others.joined(separator: ", "))"))
    }

    private func judge(_ problems: [String], _ violations: inout [String]) throws {
        guard let first = problems.first else { return }
        violations += problems
        throw Refusal(refused(400, first))
    }

    private func json(_ bytes: [UInt8], of request: ServedRequest, _ violations: inout [String]) throws -> JSONValue {
        let type = request.headers["Content-Type"]
        guard type?.lowercased().hasPrefix("application/json") == true else {
            violations.append("a JSON body of Content-Type \(type ?? "none")")
            throw Refusal(refused(400, "The body's Content-Type must be application/json."))
        }
        do {
            return try JSONValue(parsing: bytes, maximumDepth: 100)
        } catch let error as JSONError {
            violations.append("the body is no JSON: \(error)")
            throw Refusal(refused(400, "Parse Error: \(error)"))
        }
    }
}
