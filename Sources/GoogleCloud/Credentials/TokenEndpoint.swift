import FoundationEssentials
import Text
import Transport

/// The service that gives tokens for an assertion or a refresh token (RFC 6749, 5).
struct TokenEndpoint: Sendable {
    let url: String
    let transport: any HTTPTransport
    let clock: ToolClock

    /// Trying longer than this would only hide that the service is away.
    static let policy = RetryPolicy(tries: 5, budget: .seconds(60), base: .milliseconds(500), cap: .seconds(10))

    /// Asks for a token; `who` is for errors.
    func fetch(_ form: [(String, String)], who: String) async throws -> AccessToken {
        let body = percentEncoded(form)
        var request = HTTPRequest(
            "POST",
            url,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: .bytes(Array(body.utf8)),
            redirects: 0
        )
        request.bodyIsSecret = true
        let answer = try await Self.answer(to: request, transport, clock, what: "no token for \(who)") {
            refusal($0, who: who)
        }
        return try AccessToken(answer: answer, now: clock.epochSeconds(), from: redactedURL(url))
    }

    /// Asks a service that gives tokens, a few times where it is away. Anything but 200 is what `refusal` makes of it.
    static func answer(
        to request: HTTPRequest,
        _ transport: any HTTPTransport,
        _ clock: ToolClock,
        what: String,
        refusal: (HTTPResponse) -> CredentialError
    ) async throws -> [UInt8] {
        try await withRetry(policy, clock: clock) { _ in
            let response: HTTPResponse
            do {
                response = try await transport.send(request, limit: 1 << 20)
            } catch let error as TransportError {
                throw CredentialError(.unavailable, "\(what): \(error)", retryAdvice: error.retryAdvice)
            }
            guard response.status == 200 else { throw refusal(response) }
            return response.body
        }
    }

    private func refusal(_ response: HTTPResponse, who: String) -> CredentialError {
        struct Refusal: Decodable {
            let error: String?
            let error_description: String?
        }
        let refusal = try? decoded(response.body, as: Refusal.self)
        let said = [refusal?.error, refusal?.error_description].compactMap { $0 }.joined(separator: ", ")
            .clipped(toBytes: 500)
        let what = "no token for \(who): status \(response.status)\(said.isEmpty ? "" : " (\(said))")"
        if response.status == 429 || response.status >= 500 {
            return CredentialError(.unavailable, what + "; try again later", retryAdvice: .backoff)
        }
        return CredentialError(.refused, what + "; \(advice(response))")
    }

    /// An assertion says when it was made; a clock that is some minutes off is the most frequent reason for a refusal.
    private func advice(_ response: HTTPResponse) -> String {
        guard let there = response.head.headers["Date"].flatMap(secondsSince1970(ofHTTPDate:)) else {
            return "check this machine's clock and that the key has not been revoked"
        }
        let ahead = clock.epochSeconds() - there
        guard abs(ahead) >= Self.toleratedSkew else { return "check that the key has not been revoked" }
        return "this machine's clock is \(abs(ahead) / 60) minutes \(ahead > 0 ? "ahead" : "behind"): set it, "
            + "such as with 'timedatectl set-ntp true', and run this again"
    }

    /// Seconds; Google's own limit is about ten minutes.
    private static let toleratedSkew: Int64 = 120
}

extension AccessToken {
    /// Reads `{"access_token", "expires_in"}`.
    init(answer: [UInt8], now: Int64, from source: String) throws(CredentialError) {
        struct Answer: Decodable {
            let access_token: String
            let expires_in: Int64?
        }
        guard let answer = try? decoded(answer, as: Answer.self), !answer.access_token.isEmpty
        else {
            throw CredentialError(.malformed, "the answer of \(source) holds no access token")
        }
        self.init(secret: Secret(answer.access_token), expires: answer.expires_in.map { now + max(0, min($0, 86_400)) })
    }
}
