import FoundationEssentials
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

private let token = "{\"access_token\":\"source\",\"expires_in\":3599}"
private let google: HTTPHeaders = ["Metadata-Flavor": "Google"]

private func sources(
    _ environment: [String: String],
    _ files: [String: String] = [:],
    _ transport: any HTTPTransport,
    time: FakeTime = FakeTime()
) -> CredentialSources {
    CredentialSources(
        environment: environment,
        home: nil,
        readFile: { path in files[path].map { Array($0.utf8) } },
        transport: transport,
        clock: time.clock
    )
}

private func error(_ sources: CredentialSources) async -> CredentialError? {
    do {
        _ = try await sources.tokens().token()
        return nil
    } catch {
        return error as? CredentialError
    }
}

private let user = """
    {"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"QUOTA}
    """

@Suite struct CredentialKindsTests {
    // MARK: Impersonation and federation

    private static let impersonation = """
        {"type":"impersonated_service_account","delegates":["d"],
         "service_account_impersonation_url":
          "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com:generateAccessToken",
         "source_credentials":{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}}
        """

    @Test func anImpersonatedAccountsTokenIsHadWithTheSources() async throws {
        let transport = Answers { request, _ in
            request.url.contains("oauth2")
                ? (200, [:], token)
                : (200, [:], "{\"accessToken\":\"impersonated\",\"expireTime\":\"2023-11-14T22:43:20Z\"}")
        }
        let found = sources(["GOOGLE_APPLICATION_CREDENTIALS": "/f"], ["/f": Self.impersonation], transport)
        let got = try await found.tokens().token()
        #expect(got?.secret.reveal() == "impersonated" && got?.expires == 1_700_001_800)
        #expect(transport.requests[1].headers["Authorization"] == "Bearer source")
        #expect(
            transport.body(1)
                == "{\"delegates\":[\"d\"],\"lifetime\":\"3600s\","
                + "\"scope\":[\"https://www.googleapis.com/auth/cloud-platform\"]}"
        )
    }

    @Test func whoMayNotImpersonateIsToldWhichRoleIsMissing() async {
        let transport = Answers { request, _ in
            request.url.contains("oauth2") ? (200, [:], token) : (403, [:], "{\"error\":{\"code\":403}}")
        }
        let refused = await error(sources(["GCP_CREDENTIALS_PATH": "/f"], ["/f": Self.impersonation], transport))
        #expect(refused?.kind == .refused)
        #expect(
            refused?.detail.contains("roles/iam.serviceAccountTokenCreator on sa@p.iam.gserviceaccount.com") == true
        )
    }

    private static func external(_ source: String, then: String = "") -> String {
        """
        {"type":"external_account","audience":"//iam.googleapis.com/projects/1/pools/p/providers/q",
         "subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",
         "credential_source":\(source)\(then)}
        """
    }

    @Test(arguments: [
        ("{\"file\":\"/t\"}", "outside\n", "outside"),
        (
            "{\"file\":\"/t\",\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"id\"}}",
            "{\"id\":\"inner\"}", "inner"
        ),
        ("{\"url\":\"http://127.0.0.1:1/t\",\"headers\":{\"X-Identity\":\"me\"}}", "", "from-url"),
    ])
    func aTokenOfAnotherProviderIsExchanged(source: String, file: String, subject: String) async throws {
        let transport = Answers { request, _ in
            request.url.hasPrefix("http://127") ? (200, [:], "from-url") : (200, [:], token)
        }
        let files = ["/f": Self.external(source), "/t": file]
        let got = try await sources(["GCP_CREDENTIALS_PATH": "/f"], files, transport).tokens().token()
        #expect(got?.secret.reveal() == "source")
        let last = transport.requests.count - 1
        #expect(transport.requests[last].url == "https://sts.googleapis.com/v1/token")
        #expect(transport.body(last).contains("subject_token=\(subject)&"))
        #expect(transport.body(last).contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"))
        if last == 1 { #expect(transport.requests[0].headers["X-Identity"] == "me") }
    }

    @Test func anExternalAccountMayActAsAServiceAccount() async throws {
        let transport = Answers { request, _ in
            request.url.contains("sts") ? (200, [:], token) : (200, [:], "{\"accessToken\":\"sa\"}")
        }
        let then =
            ",\"service_account_impersonation_url\":\"https://iamcredentials.googleapis.com/v1/x:generateAccessToken\""
        let files = ["/f": Self.external("{\"file\":\"/t\"}", then: then), "/t": "outside"]
        let got = try await sources(["GCP_CREDENTIALS_PATH": "/f"], files, transport).tokens().token()
        #expect(got?.secret.reveal() == "sa" && got?.expires == 1_700_003_600)
    }

    @Test(arguments: [
        external("{\"environment_id\":\"aws1\"}"), external("{\"executable\":{\"command\":\"x\"}}"),
        "{\"type\":\"impersonated_service_account\",\"service_account_impersonation_url\":\"https://h/\",\"source_credentials\":{\"type\":\"impersonated_service_account\"}}",
        "{\"type\":\"gdch_service_account\"}",
    ])
    func whatIsNotSupportedSaysSo(file: String) async {
        let refused = await error(
            sources(["GCP_CREDENTIALS_PATH": "/f"], ["/f": file], Answers { _, _ in (500, [:], "") })
        )
        #expect(refused?.kind == .malformed)
    }

    /// They bring addresses of their own: a `.env` that merely lies there could so send any file anywhere.
    @Test(arguments: [impersonation, external("{\"file\":\"/t\"}")])
    func otherIdentitiesAreTakenFromNamedFilesOnly(file: String) async {
        let transport = Answers { _, _ in (200, [:], token) }
        let files = ["/f": file, "/t": "private"]
        let found = CredentialSources(
            environment: ["GCP_CREDENTIALS_PATH": "/f"],
            home: nil,
            readFile: { path in files[path].map { Array($0.utf8) } },
            transport: transport,
            allowsOtherIdentities: false
        )
        let refused = await error(found)
        #expect(refused?.kind == .unreadable && transport.requests.isEmpty)
    }

    @Test func theHeadersAndTheAnswerOfATokenAddressAreSecrets() async throws {
        let transport = Answers { request, _ in request.url.contains("vault") ? (200, [:], "t") : (200, [:], token) }
        let files = ["/f": Self.external("{\"url\":\"http://vault.test/t\"}")]
        _ = try await sources(["GCP_CREDENTIALS_PATH": "/f"], files, transport).tokens().token()
        #expect(transport.requests[0].bodyIsSecret)
    }

    // MARK: Clock

    @Test(arguments: [
        ("Tue, 14 Nov 2023 21:13:20 GMT", "60 minutes ahead"), ("Tue, 14 Nov 2023 23:13:20 GMT", "60 minutes behind"),
        ("Tue, 14 Nov 2023 22:13:50 GMT", "revoked"), ("nonsense", "check this machine's clock"),
    ])
    func aRefusalSaysHowWrongTheClockIs(date: String, words: String) async {
        let transport = Answers { _, _ in (400, ["Date": date], "{\"error\":\"invalid_grant\"}") }
        let file = user.replacing("QUOTA", with: "")
        let refused = await error(sources(["GCP_CREDENTIALS_PATH": "/f"], ["/f": file], transport))
        #expect(refused?.kind == .refused && refused?.detail.contains(words) == true, "\(refused?.detail ?? "")")
    }

    @Test(arguments: [("9223372036854775807", 86_400 as Int64), ("-5", 0), ("3599", 3599)])
    func theLifetimeOfATokenIsBounded(seconds: String, lasts: Int64) async throws {
        let transport = Answers { _, _ in (200, [:], "{\"access_token\":\"t\",\"expires_in\":\(seconds)}") }
        let file = user.replacing("QUOTA", with: "")
        let got = try await sources(["GCP_CREDENTIALS_PATH": "/f"], ["/f": file], transport).tokens().token()
        #expect(got?.expires == 1_700_000_000 + lasts)
    }

    // MARK: Metadata server

    @Test(arguments: [
        ["GCE_METADATA_HOST": "127.0.0.1:7"], ["GCE_METADATA_ROOT": "127.0.0.1:7"],
        ["product": "Google Compute Engine\n"],
    ])
    func onAVirtualMachineTheMetadataServerIsWaitedFor(environment: [String: String]) async throws {
        let transport = Answers { _, number in
            switch number {
            case 1: throw TransportError(.nameNotResolved, operation: "GET", detail: "no such name")
            case 2: throw TransportError(.connect, operation: "GET", detail: "refused")
            case 3...20: (503, [:], "")
            default: (200, google, token)
            }
        }
        let time = FakeTime()
        let firmware = environment["product"].map { ["/sys/class/dmi/id/product_name": $0] } ?? [:]
        let got = try await sources(environment, firmware, transport, time: time).tokens().token()
        #expect(got?.secret.reveal() == "source" && transport.requests.count == 21)
    }

    @Test func itIsGivenUpAsTemporaryAfterAMinuteAndAHalf() async {
        let time = FakeTime()
        let transport = Answers { _, _ in (503, google, "") }
        let environment = ["GCE_METADATA_HOST": "127.0.0.1:7"]
        let refused = await error(sources(environment, [:], transport, time: time))
        // The fake's pauses are the shortest that may be; real ones grow to 5 s.
        #expect(refused?.kind == .unavailable && transport.requests.count == 40)
        let waited = time.slept.withLock { $0.reduce(.zero, +) }
        #expect(waited >= .seconds(19) && waited <= .seconds(90))
    }

    // MARK: Refreshing

    @Test func aTokenServiceThatIsAwayCostsNothingWhileTheOldTokenIsGood() async throws {
        let time = Mutex<Int64>(0)
        let calls = Mutex(0)
        let tokens = CachingTokens(clock: ToolClock(epochMicroseconds: { time.withLock { $0 * 1_000_000 } })) {
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            guard call != 2 else { throw CredentialError(.unavailable, "away") }
            return AccessToken(secret: Secret("t\(call)"), expires: time.withLock { $0 } + 3600)
        }
        #expect(try await tokens.token()?.secret.reveal() == "t1")
        time.withLock { $0 = 3400 }
        #expect(try await tokens.token()?.secret.reveal() == "t1")
        while calls.withLock({ $0 }) < 2 { await Task.yield() }
        time.withLock { $0 = 3405 }
        // Not asked again at once.
        #expect(try await tokens.token()?.secret.reveal() == "t1")
        time.withLock { $0 = 3580 }
        #expect(try await tokens.token()?.secret.reveal() == "t3")
    }

    // MARK: Who pays

    @Test(arguments: [
        ([:], "", nil as String?), ([:], ",\"quota_project_id\":\"file\"", "file"),
        (["GOOGLE_CLOUD_QUOTA_PROJECT": "env"], ",\"quota_project_id\":\"file\"", "env"),
    ])
    func aUsersRequestsNameTheQuotaProject(environment: [String: String], quota: String, project: String?) async throws
    {
        var environment = environment
        environment["GCP_CREDENTIALS_PATH"] = "/f"
        let transport = Answers { request, _ in request.url.contains("oauth2") ? (200, [:], token) : (200, [:], "{}") }
        let found = sources(environment, ["/f": user.replacing("QUOTA", with: quota)], transport)
        let sender = AuthorizedSender(transport: transport, tokens: found.tokens(), billing: .none)
        _ = try await sender.send(HTTPRequest("GET", "https://compute.test/"), limit: 100)
        #expect(transport.requests.last?.headers["x-goog-user-project"] == project)
    }

    @Test func requestsThatAreRefusedTogetherAllNameTheProjectThen() async throws {
        let transport = Answers { request, _ in
            request.headers["x-goog-user-project"] == nil
                ? (400, [:], "no user project provided") : (200, [:], "{}")
        }
        let fixed = FixedTokens(fixed: AccessToken(secret: Secret("t"), expires: nil))
        let sender = AuthorizedSender(transport: transport, tokens: fixed, billing: BillingProject { "payer" })
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await sender.send(HTTPRequest("GET", "https://storage.test/"), limit: 1000).status
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(statuses == [200])
    }

    @Test(arguments: [
        (
            400,
            "{\"error\":{\"errors\":[{\"reason\":\"required\"}],\"message\":\"Bucket is a requester pays bucket but no user project provided.\"}}"
        ),
        (400, "<Error><Code>UserProjectMissing</Code></Error>"),
        (403, "{\"error\":{\"message\":\"The x API requires a quota project, which is not set by default.\"}}"),
    ])
    func aProjectIsNamedOnceAServiceHasAskedForOne(status: Int, body: String) async throws {
        let transport = Answers { request, _ in
            request.headers["x-goog-user-project"] == nil ? (status, [:], body) : (200, [:], "{}")
        }
        let fixed = FixedTokens(fixed: AccessToken(secret: Secret("t"), expires: nil))
        let sender = AuthorizedSender(transport: transport, tokens: fixed, billing: BillingProject { "payer" })
        for _ in 0..<2 {
            #expect(try await sender.send(HTTPRequest("GET", "https://storage.test/"), limit: 1000).status == 200)
        }
        #expect(transport.requests.map { $0.headers["x-goog-user-project"] } == [nil, "payer", "payer"])
        let poor = AuthorizedSender(transport: transport, tokens: fixed, billing: .none)
        #expect(try await poor.send(HTTPRequest("GET", "https://storage.test/"), limit: 1000).status == status)
    }
}
