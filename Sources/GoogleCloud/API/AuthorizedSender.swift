import Transport

/// Sends requests with a token. A token that the service refuses is fetched anew, once.
struct AuthorizedSender: Sendable {
    let transport: any HTTPTransport
    let tokens: any TokenProvider

    /// Sends once, without a look at the status but for the 401 of a stale token. Redirects are not followed, as the token
    /// would go with them. Throws `CredentialError` and `TransportError`.
    func send(_ request: HTTPRequest, limit: Int) async throws -> HTTPResponse {
        let (response, token) = try await attempt(request, limit: limit)
        guard response.status == 401, let token else { return response }
        await tokens.invalidate(token)
        return try await attempt(request, limit: limit).response
    }

    private func attempt(
        _ request: HTTPRequest,
        limit: Int
    ) async throws -> (response: HTTPResponse, token: AccessToken?) {
        var request = request
        request.redirects = 0
        let token = try await tokens.token()
        if let token { request.headers["Authorization"] = "Bearer \(token.secret.reveal())" }
        return (try await transport.send(request, limit: limit), token)
    }
}
