import Synchronization
import Transport

/// Sends requests with a token. A token that the service refuses is fetched again, once.
struct AuthorizedSender: Sendable {
    let transport: any HTTPTransport
    let tokens: any TokenProvider
    let billing: BillingProject

    /// Sends once, without a look at the status but for the 401 of a stale token and for the refusal that asks for a project
    /// to count the request against. Redirects are not followed, as the token would go with them. Throws `CredentialError`
    /// and `TransportError`.
    func send(_ request: HTTPRequest, limit: Int) async throws -> HTTPResponse {
        var project = billing.known
        var (response, token) = try await attempt(request, limit: limit, project)
        if response.status == 401, let stale = token {
            await tokens.invalidate(stale)
            (response, token) = try await attempt(request, limit: limit, project)
        }
        // Requests that are under way together are all refused, and each is sent again with what one of them learned.
        guard project == nil, token?.quotaProject == nil, BillingProject.isMissing(in: response) else {
            return response
        }
        project = await billing.learn()
        guard project != nil else { return response }
        return try await attempt(request, limit: limit, project).response
    }

    private func attempt(
        _ request: HTTPRequest,
        limit: Int,
        _ project: String?
    ) async throws -> (response: HTTPResponse, token: AccessToken?) {
        var request = request
        request.redirects = 0
        let token = try await tokens.token()
        if let token {
            request.headers["Authorization"] = "Bearer \(token.secret.reveal())"
            if let project = token.quotaProject ?? project { request.headers["x-goog-user-project"] = project }
        }
        return (try await transport.send(request, limit: limit), token)
    }
}

/// The project that requests count against where neither token nor resource names one: for buckets whose requester pays, and
/// for users' credentials without a quota project. It is named only after a service has asked for it, as naming one needs a
/// permission (`serviceusage.services.use`) that other requests do without.
public final class BillingProject: Sendable {
    private let find: @Sendable () async -> String?
    private let learnt = Mutex<String?>(nil)

    /// `find` tells the project, nil when there is none.
    public init(_ find: @escaping @Sendable () async -> String?) {
        self.find = find
    }

    public static var none: BillingProject { BillingProject { nil } }

    var known: String? { learnt.withLock { $0 } }

    /// Finds the project, once; nil when there is none.
    func learn() async -> String? {
        if let known { return known }
        guard let project = await find(), !project.isEmpty else { return nil }
        learnt.withLock { $0 = project }
        return project
    }

    /// Whether the answer refuses because no project was named.
    static func isMissing(in response: HTTPResponse) -> Bool {
        guard response.status == 400 || response.status == 403, response.body.count < 64 << 10 else { return false }
        let said = response.text
        return ["requires a quota project", "UserProjectMissing", "no user project provided"].contains {
            said.contains($0)
        }
    }
}
