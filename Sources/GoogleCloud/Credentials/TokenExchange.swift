import FoundationEssentials
import Text
import Transport

/// Tokens that are had for other tokens: those of another identity provider (RFC 8693), and of an account that the holder of a
/// token may act as.
struct TokenExchange: Sendable {
    let transport: any HTTPTransport
    let readFile: CredentialSources.ReadFile
    let clock: ToolClock

    /// A token for the identity that the file describes.
    func token(_ account: ExternalAccount) async throws -> AccessToken {
        let subject = try await subjectToken(account.credential_source)
        let endpoint = TokenEndpoint(url: account.token_url, transport: transport, clock: clock)
        let federated = try await endpoint.fetch(
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", account.audience),
                ("scope", CredentialSources.scope),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", subject.reveal()), ("subject_token_type", account.subject_token_type),
            ],
            who: "the external account of \(redactedURL(account.audience))"
        )
        guard let url = account.service_account_impersonation_url else { return federated }
        return try await impersonate(url, delegates: [], with: federated)
    }

    /// A token of the account that `url` names, with the token of one that may act as it.
    func impersonate(_ url: String, delegates: [String], with token: AccessToken) async throws -> AccessToken {
        struct Wanted: Encodable {
            let scope = [CredentialSources.scope]
            let lifetime = "3600s"
            let delegates: [String]
        }
        struct Answer: Decodable {
            let accessToken: String
            let expireTime: String?
        }
        let account = url.split(separator: "/").last.map { $0.prefix { $0 != ":" } } ?? ""
        let request = HTTPRequest(
            "POST",
            url,
            headers: [
                "Authorization": "Bearer \(token.secret.reveal())", "Content-Type": "application/json",
            ],
            body: .bytes(try jsonBytes(Wanted(delegates: delegates))),
            redirects: 0
        )
        let response = try await answer(to: request, "no token for \(account)") { status in
            status == 403
                ? "; give the account that asks roles/iam.serviceAccountTokenCreator on \(account), and enable "
                    + "iamcredentials.googleapis.com" : ""
        }
        guard let answer = try? decoded(response, as: Answer.self), !answer.accessToken.isEmpty
        else {
            throw CredentialError(.malformed, "the answer of \(redactedURL(url)) holds no access token")
        }
        let ends = answer.expireTime.flatMap(CivilTime.epochMicroseconds(rfc3339:))
        let seconds =
            ends.map { Duration.fromOutside(seconds: Double($0 / 1_000_000 - clock.epochSeconds())) } ?? .seconds(3600)
        return AccessToken(
            secret: Secret(answer.accessToken),
            expires: clock.epochSeconds() + seconds.components.seconds
        )
    }

    private func subjectToken(_ source: ExternalAccount.Source) async throws -> Secret {
        let bytes: [UInt8]
        switch (source.file, source.url) {
        case (let path?, _):
            guard let read = try? readFile(path) else {
                throw CredentialError(.unreadable, "the token file \(path) of the external account cannot be read")
            }
            bytes = read
        case (nil, let url?):
            var headers: HTTPHeaders = [:]
            for (name, value) in (source.headers ?? [:]).sorted(by: { $0.key < $1.key }) { headers[name] = value }
            var request = HTTPRequest("GET", url, headers: headers, redirects: 0)
            // Its headers and its answer are secrets, too.
            request.bodyIsSecret = true
            bytes = try await answer(to: request, "no token from \(redactedURL(url))") { _ in "" }
        case (nil, nil):
            let kind = source.environment_id.map { "environment \($0.prefix(20))" } ?? "an executable"
            throw CredentialError(
                .malformed,
                "external accounts with \(kind) are not supported, those with a file or a url are; use another credentials file"
            )
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if source.format?.type == "json" {
            let name = source.format?.subject_token_field_name ?? ""
            text = (try? JSONValue(parsing: bytes))?[name]?.string ?? ""
        }
        while text.last?.isWhitespace == true { text.removeLast() }
        guard !text.isEmpty else {
            throw CredentialError(
                .malformed,
                "the token of the external account is empty, or is not where its format says"
            )
        }
        return Secret(text)
    }

    private func answer(
        to request: HTTPRequest,
        _ what: String,
        advice: (_ status: Int) -> String
    ) async throws -> [UInt8] {
        try await TokenEndpoint.answer(to: request, transport, clock, what: what) { response in
            let passes = response.status == 429 || response.status >= 500
            return CredentialError(
                passes ? .unavailable : .refused,
                "\(what): status \(response.status)\(advice(response.status))",
                retryAdvice: passes ? .backoff : .never
            )
        }
    }
}
