import Text

/// The metadata server of one VM.
public final class MetadataService: SandboxService {
    /// `metadata`.
    public let name = "metadata"
    private let record: BootRecord
    private let tokens: AccessTokens
    private let isPreempted = Watched(false)

    private static let root = "/computeMetadata/v1/"

    /// A server for a VM; its tokens come from the project's.
    public init(_ record: BootRecord, tokens: AccessTokens) {
        self.record = record
        self.tokens = tokens
    }

    /// `instance/preempted` becomes TRUE, and whoever waits for it is told.
    public func preempt() { isPreempted.set(true) }

    /// Answers all that wait for a change with what there is, so that the server can be stopped.
    public func close() { isPreempted.close() }

    /// An error as a web page, which is what the original sends.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        answer(
            "<!DOCTYPE html><html><title>Error \(told.status)</title><p>\(told.message)</html>\n",
            "text/html",
            status: told.status
        )
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        guard request.method == "GET" else {
            exchange.violations.append("\(request.method) at the metadata server")
            return refused(405, "Only GET is offered.")
        }
        if request.path == "/" { return answer("computeMetadata/\n", "application/text") }
        guard request.headers["Metadata-Flavor"] == "Google", request.headers["X-Forwarded-For"] == nil else {
            exchange.violations.append("a request without Metadata-Flavor: Google, or one that was forwarded")
            return refused(403, "Missing Metadata-Flavor:Google header.")
        }
        guard request.path.hasPrefix(Self.root) else { return refused(404, "Not found.") }
        let rest = request.path.dropFirst(Self.root.count)
        let parts = rest.split(separator: "/").compactMap { percentDecoded($0) }
        if let token = token(parts, request) { return token }
        let isFolderPath = rest.isEmpty || rest.hasSuffix("/")
        return try read(parts, isFolderPath: isFolderPath, request)
    }

    private func read(_ parts: [String], isFolderPath: Bool, _ request: ServedRequest) throws -> ServedResponse {
        let find = { [record] (isPreempted: Bool) in
            MetadataNode(record, isPreempted: isPreempted).node(at: parts[...])
        }
        let etag = { (node: MetadataNode?) in try String(sha256Hex(node?.json.text() ?? "").prefix(16)) }
        var node = find(isPreempted.value)
        if request.parameter("wait_for_change")?.lowercased() == "true" {
            let limit = request.parameter("timeout_sec").flatMap { Int($0) }.map { $0 * 1_000 }
            let known = try request.parameter("last_etag") ?? etag(node)
            node = find(isPreempted.wait(milliseconds: limit) { (try? etag(find($0))) != known })
        }
        guard let node else { return refused(404, "The requested URL \(request.path) was not found on this server.") }
        let isRecursive = request.parameter("recursive")?.lowercased() == "true"
        let format = request.parameter("alt")
        var response: ServedResponse
        switch node {
        case .value where isFolderPath: return refused(404, "\(request.path) is no folder.")
        case .value(let text, let json):
            response = format == "json" ? answer(json.text(), "application/json") : answer(text, "application/text")
        case .folder where isRecursive:
            let isText = format == "text"
            response = answer(
                isText ? node.lines() : node.json.text(),
                isText ? "application/text" : "application/json"
            )
        case .folder where !isFolderPath:
            response = answer("\(request.path)/\n", "text/html", status: 301)
            response.headers["Location"] = "\(request.base)\(request.path)/"
        case .folder:
            response = answer(node.listing, "application/text")
        }
        response.headers["ETag"] = try etag(node)
        return response
    }

    /// The answer to `instance/service-accounts/ACCOUNT/token`; nil for other paths.
    private func token(_ parts: [String], _ request: ServedRequest) -> ServedResponse? {
        guard parts.count == 4, parts[0] == "instance", parts[1] == "service-accounts", parts[3] == "token",
            let account = record.serviceAccount, parts[2] == "default" || parts[2] == account
        else { return nil }
        let asked = request.parameter("scopes").map { $0.split(separator: ",").map(String.init) }
        let scopes = asked.map { $0.filter(record.scopes.contains) } ?? record.scopes
        return answer(tokens.issue(to: account, scopes: scopes, isMachine: true).text(), "application/json")
    }

    private func refused(_ status: Int, _ message: String) -> ServedResponse {
        refusal(RefusalText(status, message))
    }

    private func answer(_ text: String, _ type: String, status: Int = 200) -> ServedResponse {
        var response = ServedResponse.text(text, type: type, status: status)
        response.headers["Metadata-Flavor"] = "Google"
        response.headers["Server"] = "Metadata Server for VM"
        return response
    }
}
