@testable import Sandbox
import Synchronization
import Testing
import Text

@Suite struct OAuthTests {
    private static let now = 1_700_000_000
    private let project: CloudProject
    private let oauth: OAuthService
    private let recorder = Recorder()
    private let server: SandboxServer
    private let client: TestClient

    init() throws {
        project = CloudProject(tokens: AccessTokens(lifetimeSeconds: 600, now: { Self.now + 1_000 }))
        oauth = OAuthService(project: project, now: { Self.now })
        server = try SandboxServer(service: oauth, recorder: recorder)
        client = try TestClient(server)
    }

    private func base64URL(_ bytes: [UInt8]) -> String {
        base64(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func assertion(_ change: (inout JSONObject) -> Void = { _ in }) throws -> String {
        let key = try oauth.signingKey()
        let header: JSONValue = ["alg": "RS256", "typ": "JWT", "kid": .string(key.id)]
        var claims: JSONObject = [
            "iss": .string(project.serviceAccount), "scope": .string(AccessTokens.cloudPlatform),
            "aud": "https://oauth2.googleapis.com/token", "iat": .integer(Self.now), "exp": .integer(Self.now + 3_600),
        ]
        change(&claims)
        let signed = [header, .object(claims)].map { base64URL(Array($0.text().utf8)) }.joined(separator: ".")
        return "\(signed).\(base64URL(try key.sign(Array(signed.utf8))))"
    }

    private func ask(_ form: [(String, String)], path: String = "/token") throws -> Answer {
        let body = form.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        let type = ["Content-Type": "application/x-www-form-urlencoded"]
        return try client.call("POST", path, type, body: Array(body.utf8))
    }

    private func ask(assertion: String) throws -> Answer {
        try ask([("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)])
    }

    @Test func anAssertionGetsAToken() throws {
        let answer = try ask(assertion: try assertion())
        #expect(answer.status == 200)
        #expect(answer.json["expires_in"] == 599 && answer.json["token_type"] == "Bearer")
        let token = answer.json["access_token"]?.string ?? ""
        #expect(project.tokens.grant(for: "Bearer \(token)")?.account == project.serviceAccount)
        #expect(project.tokens.grant(for: "Bearer \(token)x") == nil)
        #expect(project.tokens.grant(for: token) == nil)
        #expect(recorder.violations.isEmpty)
        let record = recorder.requests.map { $0.json.text() }.joined()
        #expect(record.contains("jwt-bearer") && !record.contains("assertion") && !record.contains(token))
    }

    @Test(arguments: [3_600, -4_000])
    func aWrongClockIsToldInGooglesWords(skew: Int) throws {
        project.setClockSkew(seconds: skew)
        let answer = try ask(assertion: try assertion())
        #expect(answer.status == 400)
        #expect(
            answer.json == [
                "error": "invalid_grant",
                "error_description":
                    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
            ]
        )
        #expect(recorder.violations.isEmpty)
        project.setClockSkew(seconds: 0)
        #expect(try ask(assertion: try assertion()).status == 200)
    }

    @Test func everyAnswerSaysWhatTimeItIs() throws {
        let test = try TestWorld()
        test.world.project.setClockSkew(seconds: 86_400)
        let before = Clock.httpDate((Clock.seconds() + 86_400) * 1_000_000)
        let date = try test.storage().call("GET", "/storage/v1/b/market/o").headers["date"]
        let after = Clock.httpDate((Clock.seconds() + 86_400) * 1_000_000)
        #expect(date == before || date == after)
    }

    @Test func theKeyFileHoldsThatKey() throws {
        let file = try JSONValue(parsing: oauth.keyFile(url: server.url))
        #expect(file["client_email"]?.string == project.serviceAccount)
        #expect(file["token_uri"]?.string == "\(server.url)/token")
        #expect(file["private_key"]?.string?.hasPrefix("-----BEGIN PRIVATE KEY-----") == true)
        let id = try #require(file["private_key_id"]?.string)
        #expect(try oauth.keyFileName() == "central-element-323112-\(id.prefix(12)).json")
    }

    static let wrongClaims: [(String, @Sendable (inout JSONObject) -> Void, Int)] = [
        ("another account", { $0["iss"] = "x@example.com" }, 0), ("another audience", { $0["aud"] = "https://x/" }, 1),
        (
            "over",
            {
                $0["iat"] = .integer(now - 8_000); $0["exp"] = .integer(now - 4_400)
            }, 0
        ),
        (
            "from the future",
            {
                $0["iat"] = .integer(now + 4_000); $0["exp"] = .integer(now + 7_000)
            }, 0
        ),
        ("too long", { $0["exp"] = .integer(now + 3_601) }, 0), ("no scope", { $0["scope"] = nil }, 1),
    ]

    @Test(arguments: wrongClaims.indices)
    func wrongClaimsAreRefused(index: Int) throws {
        let (_, change, breaches) = Self.wrongClaims[index]
        let answer = try ask(assertion: try assertion(change))
        #expect(answer.status == 400 && answer.json["error"] == "invalid_grant")
        #expect(recorder.violations.count == breaches)
    }

    @Test func aForgedSignatureIsRefused() throws {
        let (mine, other) = (try assertion(), try SigningKey())
        let signed = mine.split(separator: ".").prefix(2).joined(separator: ".")
        let forged = "\(signed).\(base64URL(try other.sign(Array(signed.utf8))))"
        let answer = try ask(assertion: forged)
        #expect(answer.status == 400 && answer.json["error_description"] == "Invalid JWT Signature.")
        #expect(try ask(assertion: "a.b").status == 400)
        #expect(try ask(assertion: "").status == 400)
    }

    @Test func refreshTokensWorkUntilTheyAreRevoked() throws {
        let user = oauth.user
        let form = [
            ("grant_type", "refresh_token"), ("client_id", user.clientID), ("client_secret", user.clientSecret),
            ("refresh_token", user.refreshToken),
        ]
        #expect(try ask(form).status == 200)
        #expect(try ask(form.dropLast() + [("refresh_token", "other")]).json["error"] == "invalid_grant")
        #expect(try ask(Array(form.dropFirst())).json["error"] == "unsupported_grant_type")
        oauth.setRevoked(true)
        #expect(try ask(form).json["error"] == "invalid_grant")
        #expect(try ask(assertion: try assertion()).json["error"] == "invalid_grant")
    }

    @Test func tokensEnd() throws {
        let clock = ClockBox()
        let tokens = AccessTokens(lifetimeSeconds: 60, now: { clock.seconds })
        let token = tokens.issue(to: "a@b.cc", scopes: [], isMachine: false)["access_token"]?.string ?? ""
        clock.set(59)
        #expect(tokens.grant(for: "Bearer \(token)") != nil)
        clock.set(60)
        #expect(tokens.grant(for: "Bearer \(token)") == nil)
    }
}

private final class ClockBox: Sendable {
    private let value = Mutex(0)
    var seconds: Int { value.withLock { $0 } }
    func set(_ seconds: Int) { value.withLock { $0 = seconds } }
}
