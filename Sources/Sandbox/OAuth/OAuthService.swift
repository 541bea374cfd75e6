import Synchronization
import Text

/// A stand-in for Google's token endpoint: tokens for the assertions of the sandbox's service account and for its refresh token.
public final class OAuthService: SandboxService {
    private struct State {
        var isRevoked = false
        var key: Result<SigningKey, any Error>?
    }

    /// `oauth`.
    public let name = "oauth"
    private let project: CloudProject
    private let clock: @Sendable () -> Int
    private var now: Int { clock() + project.clockSkewSeconds }
    private let state = Mutex(State())

    /// The client, secret and refresh token of the sandbox's one user.
    public let user: (clientID: String, clientSecret: String, refreshToken: String)

    /// Makes the service; the clock counts seconds since 1970.
    public init(project: CloudProject, now: @escaping @Sendable () -> Int = { Clock.seconds() }) {
        self.project = project
        clock = now
        let random = { hex(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }) }
        user = ("\(project.number)-sandbox.apps.googleusercontent.com", "GOCSPX-\(random())", "1//sandbox-\(random())")
    }

    /// From now on key and refresh token are refused with `invalid_grant`, or taken again.
    public func setRevoked(_ isRevoked: Bool) {
        state.withLock { $0.isRevoked = isRevoked }
    }

    /// The service account's key file, as Google's console gives it; `url` is where this service listens.
    public func keyFile(url: String) throws -> String {
        let key = try signingKey()
        let file: JSONValue = [
            "type": "service_account", "project_id": .string(project.id), "private_key_id": .string(key.id),
            "private_key": .string(try key.privatePEM()), "client_email": .string(project.serviceAccount),
            "client_id": "103456789012345678901", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": .string("\(url)/token"),
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "universe_domain": "googleapis.com",
        ]
        return file.text() + "\n"
    }

    /// The name that such a file has.
    public func keyFileName() throws -> String { "\(project.id)-\(try signingKey().id.prefix(12)).json" }

    // Made when it is first needed, as making one takes longer than anything else at the start.
    func signingKey() throws -> SigningKey {
        try state.withLock { state in
            let key = state.key ?? Result { try SigningKey() }
            state.key = key
            return try key.get()
        }
    }

    /// An error as RFC 6749, 5.2, has it.
    public func refusal(_ told: RefusalText) -> ServedResponse {
        let word = told.reason ?? (told.status >= 500 ? "internal_failure" : "invalid_request")
        return .json(["error": .string(word), "error_description": .string(told.message)], status: told.status)
    }

    public func respond(to exchange: Exchange) throws -> ServedResponse {
        let request = exchange.request
        guard request.path == "/token" || request.path == "/oauth2/v4/token" else {
            exchange.violations.append("no such path at the token endpoint")
            return refused(404, "not_found", "No such path")
        }
        guard request.method == "POST" else {
            exchange.violations.append("\(request.method) at the token endpoint")
            return refused(405, "invalid_request", "Only POST is offered")
        }
        let type = request.headers["Content-Type"] ?? "none"
        let body = String(decoding: try exchange.body.readAll(), as: UTF8.self)
        guard type.lowercased().hasPrefix("application/x-www-form-urlencoded"), let form = QueryItem.all(in: body)
        else {
            exchange.violations.append("a token request of Content-Type \(type), or badly encoded")
            return refused(400, "invalid_request", "The form cannot be read")
        }
        let fields = Dictionary(form.map { ($0.name, $0.value) }) { first, _ in first }
        exchange.recordedKind = fields["grant_type"].map { $0.split(separator: ":").last.map(String.init) ?? $0 }
        let known: Set = ["grant_type", "assertion", "client_id", "client_secret", "refresh_token", "scope"]
        for name in fields.keys.sorted() where !known.contains(name) {
            exchange.violations.append("unknown field \(name) in a token request")
        }
        switch fields["grant_type"] {
        case "urn:ietf:params:oauth:grant-type:jwt-bearer": return try token(fields["assertion"] ?? "", exchange)
        case "refresh_token": return refresh(fields)
        default:
            exchange.violations.append("no grant_type that is known")
            return refused(400, "unsupported_grant_type", "Invalid grant_type")
        }
    }

    private func token(_ text: String, _ exchange: Exchange) throws -> ServedResponse {
        let assertion: Assertion
        do {
            assertion = try Assertion(
                text,
                key: try signingKey(),
                audiences: [Assertion.audience, exchange.request.base + exchange.request.path],
                now: now
            )
        } catch let error as AssertionError {
            if error.isBreach { exchange.violations.append(error.sentence) }
            return refused(400, "invalid_grant", error.sentence)
        }
        guard assertion.issuer == project.serviceAccount, !state.withLock({ $0.isRevoked }) else {
            return refused(400, "invalid_grant", "Invalid grant: account not found")
        }
        return .json(project.tokens.issue(to: assertion.issuer, scopes: assertion.scopes, isMachine: false))
    }

    private func refresh(_ fields: [String: String]) -> ServedResponse {
        guard fields["client_id"] == user.clientID, fields["client_secret"] == user.clientSecret else {
            return refused(401, "invalid_client", "The OAuth client was not found.")
        }
        guard fields["refresh_token"] == user.refreshToken, !state.withLock({ $0.isRevoked }) else {
            return refused(400, "invalid_grant", "Token has been expired or revoked.")
        }
        let scopes = fields["scope"].map { $0.split(separator: " ").map(String.init) } ?? [AccessTokens.cloudPlatform]
        return .json(project.tokens.issue(to: "owner@example.com", scopes: scopes, isMachine: false))
    }

    private func refused(_ status: Int, _ word: String, _ message: String) -> ServedResponse {
        refusal(RefusalText(status, message, reason: word))
    }
}
