import CLibcrypto
import FoundationEssentials
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

private let tokenBody = "{\"access_token\":\"ya29.x\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"
private let google: HTTPHeaders = ["Metadata-Flavor": "Google"]
private let noMetadata = TransportError(.nameNotResolved, operation: "GET http://metadata", detail: "no such name")

private func sources(
    _ environment: [String: String],
    files: [String: String] = [:],
    transport: any HTTPTransport
) -> CredentialSources {
    CredentialSources(
        environment: environment,
        home: "/home/u",
        readFile: { path in files[path].map { Array($0.utf8) } },
        transport: transport,
        clock: FakeTime().clock
    )
}

/// An RSA key made for the test: the private half in PEM, the public half kept to verify.
private final class TestKey {
    let pem: String
    private let key: OpaquePointer

    init() throws {
        key = try #require(tick_evp_rsa_generate(2048))
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        try #require(PEM_write_bio_PrivateKey(bio, key, nil, nil, 0, nil, nil) == 1)
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = BIO_read(bio, &buffer, 8192)
        pem = String(decoding: buffer.prefix(Int(max(0, count))), as: UTF8.self)
    }

    deinit { EVP_PKEY_free(key) }

    func verifies(_ message: String, _ signature: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, Array(message.utf8), message.utf8.count) == 1
    }

    func file(tokenURI: String) -> String {
        let escaped = pem.split(separator: "\n").joined(separator: "\\n") + "\\n"
        return """
            {"type":"service_account","client_email":"sa@p.iam.gserviceaccount.com","private_key_id":"kid1",\
            "private_key":"\(escaped)","token_uri":"\(tokenURI)","project_id":"from-key"}
            """
    }
}

private func unBase64URL(_ text: Substring) -> [UInt8] {
    var plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    while plain.count % 4 != 0 { plain += "=" }
    return Base64.decode(plain) ?? []
}

@Suite struct CredentialTests {
    @Test func aServiceAccountAsksWithASignedAssertion() async throws {
        let key = try TestKey()
        let transport = Answers { _, _ in (200, [:], tokenBody) }
        let files = ["/key.json": key.file(tokenURI: "http://127.0.0.1:9/token")]
        let environment = ["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"]
        let token = try await sources(environment, files: files, transport: transport).tokens().token()
        #expect(token?.secret.reveal() == "ya29.x" && token?.expires == 1_700_003_599)

        let request = try #require(transport.requests.first)
        #expect(request.method == "POST" && request.url == "http://127.0.0.1:9/token")
        #expect(request.headers["Content-Type"] == "application/x-www-form-urlencoded")
        let form = transport.form
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let parts = (form["assertion"] ?? "").split(separator: ".")
        try #require(parts.count == 3)
        #expect(key.verifies(parts[0] + "." + parts[1], unBase64URL(parts[2])))
        #expect(!key.verifies(parts[0] + "." + parts[1] + "x", unBase64URL(parts[2])))

        let header = try JSONDecoder().decode([String: String].self, from: Data(unBase64URL(parts[0])))
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "kid1"])
        struct Claims: Decodable { let iss, scope, aud: String; let iat, exp: Int64 }
        let claims = try JSONDecoder().decode(Claims.self, from: Data(unBase64URL(parts[1])))
        #expect(claims.iss == "sa@p.iam.gserviceaccount.com" && claims.aud == "https://oauth2.googleapis.com/token")
        #expect(claims.scope == "https://www.googleapis.com/auth/cloud-platform")
        #expect(claims.iat == 1_700_000_000 && claims.exp == 1_700_003_600)
    }

    @Test func aUserAsksWithTheRefreshTokenAtGooglesOwnAddress() async throws {
        let file = """
            {"type":"authorized_user","client_id":"c/1","client_secret":"s&2","refresh_token":"r 3",\
            "token_uri":"http://elsewhere/","quota_project_id":"quota"}
            """
        let transport = Answers { _, _ in (200, [:], tokenBody) }
        let files = ["/home/u/.config/gcloud/application_default_credentials.json": file]
        let found = sources([:], files: files, transport: transport)
        _ = try await found.tokens().token()
        #expect(transport.requests.map(\.url) == ["https://oauth2.googleapis.com/token"])
        let wanted = [
            "grant_type": "refresh_token", "client_id": "c/1", "client_secret": "s&2", "refresh_token": "r 3",
        ]
        #expect(transport.form == wanted)
        let project = try await found.projectID()
        #expect(project == "quota")
    }

    @Test func theMetadataServerIsAskedLastAndWithItsHeader() async throws {
        let transport = Answers { request, _ in
            (200, google, request.url.hasSuffix("token") ? tokenBody : "vm-project")
        }
        let found = sources(["GCE_METADATA_HOST": "127.0.0.1:7"], transport: transport)
        let token = try await found.tokens().token()
        #expect(token?.secret.reveal() == "ya29.x")
        let request = transport.requests[0]
        #expect(request.url == "http://127.0.0.1:7/computeMetadata/v1/instance/service-accounts/default/token")
        #expect(request.headers["Metadata-Flavor"] == "Google")
        let project = try await found.projectID()
        #expect(project == "vm-project")
    }

    @Test func theMetadataServerGetsThreeTriesAndMustSayWhatItIs() async throws {
        let failing = Answers { _, _ in (503, google, "") }
        await #expect(throws: CredentialError.self) { try await sources([:], transport: failing).tokens().token() }
        #expect(failing.requests.count == 3)
        let captive = Answers { _, _ in (200, [:], tokenBody) }
        await #expect(throws: CredentialError.self) { try await sources([:], transport: captive).tokens().token() }
        #expect(captive.requests.count == 1)
    }

    @Test func theMetadataServerHoldsItsAnswerUntilTheValueChanges() async throws {
        let transport = Answers { request, _ in
            guard request.url.contains("preempted") else { return (404, google, "") }
            return (200, ["Metadata-Flavor": "Google", "ETag": "411 a"], "FALSE")
        }
        let server = MetadataServer(
            environment: ["GCE_METADATA_HOST": "127.0.0.1:7"],
            transport: transport,
            isExpected: true
        )
        let first = try await server.value("instance/preempted", changedFrom: nil, within: .zero)
        #expect(first == .init(text: "FALSE", etag: "411 a"))
        _ = try await server.value("instance/preempted", changedFrom: first?.etag, within: .seconds(60))
        #expect(try await server.value("instance/name", changedFrom: nil, within: .zero) == nil)
        let requests = transport.requests
        let path = "http://127.0.0.1:7/computeMetadata/v1/instance/preempted"
        #expect(requests[0].url == path)
        #expect(requests[1].url == path + "?wait_for_change=true&last_etag=411%20a&timeout_sec=60")
        // A server that holds its answer back is not one that stands still.
        #expect(requests[1].stallTimeout > .seconds(60))
    }

    @Test(arguments: ["GCP_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"])
    func aNamedFileThatIsMissingIsAnErrorWithoutFallThrough(name: String) async throws {
        let transport = Answers { _, _ in (200, google, tokenBody) }
        do {
            _ = try await sources([name: "/missing.json"], transport: transport).tokens().token()
            Issue.record("a token from nowhere")
        } catch let error as CredentialError {
            #expect(error.kind == .unreadable && error.detail.contains(name) && error.detail.contains("/missing.json"))
        }
        #expect(transport.requests.isEmpty)
    }

    @Test func theOrderOfTheSourcesIsGooglesWithOursBefore() async throws {
        let transport = Answers { _, _ in (400, [:], "{\"error\":\"invalid_grant\",\"error_description\":\"revoked\"}")
        }
        let user =
            "{\"type\":\"authorized_user\",\"client_id\":\"ID\",\"client_secret\":\"s\",\"refresh_token\":\"SECRET\"}"
        let files = ["/1": user.replacing("ID", with: "one"), "/2": user.replacing("ID", with: "two")]
        let environment = ["GCP_CREDENTIALS_PATH": "/1", "GOOGLE_APPLICATION_CREDENTIALS": "/2"]
        do {
            _ = try await sources(environment, files: files, transport: transport).tokens().token()
        } catch let error as CredentialError {
            #expect(error.kind == .refused && error.detail.contains("invalid_grant, revoked"))
            #expect(!"\(error)".contains("SECRET"))
        }
        #expect(transport.form["client_id"] == "one" && transport.requests.count == 1)

        var with = environment
        with["CLOUDSDK_AUTH_ACCESS_TOKEN"] = "given"
        let given = try await sources(with, files: files, transport: transport).tokens().token()
        #expect(given?.secret.reveal() == "given")
    }

    @Test func nothingFoundNamesWhatWasLookedAt() async throws {
        let transport = Answers { _, _ in throw noMetadata }
        do {
            _ = try await sources(["CLOUDSDK_CONFIG": "/cfg"], transport: transport).tokens().token()
            Issue.record("a token from nowhere")
        } catch let error as CredentialError {
            #expect(error.kind == .notFound && error.retryAdvice == .never)
            for word in ["GOOGLE_APPLICATION_CREDENTIALS", "/cfg/application_default_credentials.json", "metadata"] {
                #expect(error.detail.contains(word))
            }
        }
        #expect(transport.requests.count == 1)
        let unasked = Answers { _, _ in (200, google, tokenBody) }
        await #expect(throws: CredentialError.self) {
            try await sources(["NO_GCE_CHECK": "true"], transport: unasked).tokens().token()
        }
        #expect(unasked.requests.isEmpty)
    }

    @Test func storageGoesWithoutATokenAtAnEmulator() async throws {
        let transport = Answers { _, _ in (200, google, tokenBody) }
        var environment = ["STORAGE_EMULATOR_HOST": "http://127.0.0.1:9"]
        let anonymous = try await sources(environment, transport: transport).storageTokens().token()
        #expect(anonymous == nil)
        environment["CLOUDSDK_AUTH_ACCESS_TOKEN"] = "given"
        let given = try await sources(environment, transport: transport).storageTokens().token()
        #expect(given?.secret.reveal() == "given")
    }

    @Test func theProjectComesFromTheEnvironmentFirst() async throws {
        let transport = Answers { _, _ in throw noMetadata }
        let both = ["GOOGLE_CLOUD_PROJECT": "a", "GCP_PROJECT_ID": "b"]
        let found = (
            try await sources(both, transport: transport).projectID(),
            try await sources(["GCP_PROJECT_ID": "b"], transport: transport).projectID(),
            try await sources([:], transport: transport).projectID()
        )
        #expect(found == ("a", "b", nil))
    }

    @Test func tokensAreFetchedOnceForAllAndRenewedBeforeTheirEnd() async throws {
        let time = Mutex<Int64>(0)
        let fetches = Mutex(0)
        let tokens = CachingTokens(clock: ToolClock(epochMicroseconds: { time.withLock { $0 * 1_000_000 } })) {
            let number = fetches.withLock { count in
                count += 1
                return count
            }
            for _ in 0..<50 { await Task.yield() }
            return AccessToken(secret: Secret("t\(number)"), expires: time.withLock { $0 } + 3600)
        }
        let first = try await withThrowingTaskGroup(of: AccessToken?.self) { group in
            for _ in 0..<20 { group.addTask { try await tokens.token() } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1?.secret.reveal() ?? "") }
        }
        #expect(first == ["t1"])
        var seen: [String?] = []
        // Then the new one is fetched beside those who go on with the old one, and waited for only at the very end.
        for moment in [3600 - 225, 3600 - 224, 3600 - 29] as [Int64] {
            time.withLock { $0 = moment }
            seen.append(try await tokens.token()?.secret.reveal())
        }
        #expect(seen == ["t1", "t1", "t2"])
        await tokens.invalidate(AccessToken(secret: Secret("t1"), expires: 3600))
        let kept = try await tokens.token()
        #expect(kept?.secret.reveal() == "t2")
        if let kept { await tokens.invalidate(kept) }
        let renewed = try await tokens.token()
        #expect(renewed?.secret.reveal() == "t3")
    }

    @Test func aSecretShowsItselfNowhere() {
        let token = AccessToken(secret: Secret("hidden"), expires: 1)
        var dumped = ""
        dump(token, to: &dumped)
        for text in [dumped, "\(token)", String(reflecting: token), "\(token.secret)"] {
            #expect(!text.contains("hidden"))
        }
    }

    @Test(arguments: [
        "", "{}", "{\"type\":\"external_account\"}", "{\"type\":\"service_account\",\"client_email\":\"a\"}",
        "{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"nonsense\"}",
    ])
    func aFileThatIsNoKeyIsMalformed(content: String) async throws {
        let transport = Answers { _, _ in (200, [:], tokenBody) }
        do {
            let found = sources(["GCP_CREDENTIALS_PATH": "/k"], files: ["/k": content], transport: transport)
            _ = try await found.tokens().token()
            Issue.record("a token from nowhere")
        } catch let error as CredentialError {
            #expect(error.kind == .malformed && !error.detail.contains("nonsense"))
        }
        #expect(transport.requests.isEmpty)
    }
}
