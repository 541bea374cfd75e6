import Glibc
import Host
public import Transport

/// The places where Google's tools look for credentials, in their order (with `GCP_CREDENTIALS_PATH` before them):
/// `CLOUDSDK_AUTH_ACCESS_TOKEN`, `GCP_CREDENTIALS_PATH`, `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's
/// `application_default_credentials.json`, the metadata server (unless `NO_GCE_CHECK`).
public struct CredentialSources: Sendable {
    /// Reads a file; nil when there is none of that name, an error when it cannot be read.
    public typealias ReadFile = @Sendable (_ path: String) throws -> [UInt8]?

    static let scope = "https://www.googleapis.com/auth/cloud-platform"
    private static let fileVariables = ["GCP_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"]

    private let environment: [String: String]
    private let home: String?
    private let readFile: ReadFile
    private let transport: any HTTPTransport
    private let clock: ToolClock
    private let allowsOtherIdentities: Bool

    /// Sources in the given environment; `home` is the folder that holds `.config/gcloud`. Impersonations and external accounts,
    /// whose files name addresses and further files, are refused unless `allowsOtherIdentities`.
    public init(
        environment: [String: String],
        home: String?,
        readFile: @escaping ReadFile = CredentialSources.readFile,
        transport: any HTTPTransport,
        clock: ToolClock = .system,
        allowsOtherIdentities: Bool = true
    ) {
        self.allowsOtherIdentities = allowsOtherIdentities
        self.environment = environment.filter { !$0.value.isEmpty }
        self.home = home
        self.readFile = readFile
        self.transport = transport
        self.clock = clock
    }

    /// Reads a file of the real file system; credentials have some kilobytes.
    public static let readFile: ReadFile = { path in
        do throws(FileError) {
            return try ReadableFile(path).rest(atMost: 1 << 20)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw error
        }
    }

    /// Tokens from the first source that has credentials. Nothing is read before the first token is asked for.
    public func tokens() -> any TokenProvider {
        if let given = environment["CLOUDSDK_AUTH_ACCESS_TOKEN"] {
            return FixedTokens(fixed: AccessToken(secret: Secret(given), expires: nil))
        }
        return CachingTokens(clock: clock) { try await fetch() }
    }

    /// As `tokens`, but none at an emulator (`STORAGE_EMULATOR_HOST`) unless the environment names credentials explicitly.
    public func storageTokens() -> any TokenProvider {
        let explicit = ["CLOUDSDK_AUTH_ACCESS_TOKEN", "GCE_METADATA_HOST"] + Self.fileVariables
        if environment["STORAGE_EMULATOR_HOST"] != nil, explicit.allSatisfy({ environment[$0] == nil }) {
            return AnonymousTokens()
        }
        return tokens()
    }

    /// The project: `GOOGLE_CLOUD_PROJECT`, `GCP_PROJECT_ID`, `GCLOUD_PROJECT`, `CLOUDSDK_CORE_PROJECT`, then what the
    /// credentials file says, then the metadata server; nil when none knows it.
    public func projectID() async throws -> String? {
        for name in ["GOOGLE_CLOUD_PROJECT", "GCP_PROJECT_ID", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"] {
            if let value = environment[name] { return value }
        }
        if let project = try credentialFile()?.projectID { return project }
        guard environment["NO_GCE_CHECK"] == nil else { return nil }
        return try? await metadata.value("project/project-id")
    }

    /// The service account that the credentials file is about; nil for users, and where there is no file.
    public var serviceAccount: String? {
        guard case .serviceAccount(let key)? = try? credentialFile() else { return nil }
        return key.email
    }

    private var metadata: MetadataServer {
        MetadataServer(environment: environment, transport: transport, clock: clock, isExpected: isOnGoogleCloud)
    }

    /// Whether this is one of Google's virtual machines: somebody says so, or the firmware does, as google-auth reads it.
    private var isOnGoogleCloud: Bool {
        if ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"].contains(where: { environment[$0] != nil }) { return true }
        let product = (try? readFile("/sys/class/dmi/id/product_name")).flatMap { $0 } ?? []
        return product.starts(with: "Google".utf8)
    }

    private func fetch() async throws -> AccessToken? {
        guard let file = try credentialFile() else { return try await metadataToken() }
        var token = try await token(of: file)
        token.quotaProject = environment["GOOGLE_CLOUD_QUOTA_PROJECT"] ?? file.quotaProject
        return token
    }

    private func token(of file: CredentialFile) async throws -> AccessToken {
        switch file {
        case .serviceAccount(let key):
            let assertion = try SignedAssertion.make(key, now: clock.epochSeconds())
            return try await endpoint(key.tokenURI).fetch(
                [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.reveal())],
                who: key.email
            )
        case .authorizedUser(let user):
            let form = [
                ("grant_type", "refresh_token"), ("client_id", user.clientID),
                ("client_secret", user.clientSecret.reveal()), ("refresh_token", user.refreshToken.reveal()),
            ]
            // google-auth ignores a token_uri in files of this type.
            return try await endpoint(nil).fetch(form, who: "the user of gcloud's application-default login")
        case .impersonated(let account, let source):
            return try await exchange.impersonate(
                account.service_account_impersonation_url,
                delegates: account.delegates ?? [],
                with: token(of: source)
            )
        case .externalAccount(let account): return try await exchange.token(account)
        }
    }

    private func metadataToken() async throws -> AccessToken {
        guard environment["NO_GCE_CHECK"] == nil else { throw nothingFound("NO_GCE_CHECK is set") }
        do {
            return try await metadata.token(now: clock.epochSeconds())
        } catch let error as CredentialError where error.kind == .unavailable && !isOnGoogleCloud {
            throw nothingFound(error.detail, retryAdvice: error.retryAdvice)
        }
    }

    private var exchange: TokenExchange {
        TokenExchange(transport: transport, readFile: readFile, clock: clock)
    }

    private func endpoint(_ url: String?) -> TokenEndpoint {
        TokenEndpoint(url: url ?? SignedAssertion.audience, transport: transport, clock: clock)
    }

    private func credentialFile() throws(CredentialError) -> CredentialFile? {
        for name in Self.fileVariables {
            guard let path = environment[name] else { continue }
            // A named file that is not there is an error: falling through would act as someone else.
            guard let bytes = try? readFile(path) else {
                throw CredentialError(
                    .unreadable,
                    "\(name) names \(path), which cannot be read; correct the path or unset the variable"
                )
            }
            let file = try CredentialFile(bytes, path: path)
            guard allowsOtherIdentities || file.isPlain else {
                throw CredentialError(
                    .unreadable,
                    "\(path) is named by a .env that merely lies there, and would send tokens to addresses of its own; name it by "
                        + "\(name) in the environment, by --credentials, or in a file that --env-file names"
                )
            }
            return file
        }
        guard let path = gcloudFile else { return nil }
        do {
            guard let bytes = try readFile(path) else { return nil }
            return try CredentialFile(bytes, path: path)
        } catch let error as CredentialError {
            throw error
        } catch {
            throw CredentialError(.unreadable, "\(path) is there but cannot be read; correct its permissions")
        }
    }

    private var gcloudFile: String? {
        let folder = environment["CLOUDSDK_CONFIG"] ?? home.map { $0 + "/.config/gcloud" }
        return folder.map { $0 + "/application_default_credentials.json" }
    }

    private func nothingFound(_ metadata: String, retryAdvice: RetryAdvice = .never) -> CredentialError {
        CredentialError(
            .notFound,
            "no Google credentials: \((Self.fileVariables).joined(separator: " and ")) are not set, "
                + "\(gcloudFile ?? "gcloud's folder") is not there, and no metadata server (\(metadata)); "
                + "set GOOGLE_APPLICATION_CREDENTIALS to a key file or run 'gcloud auth application-default login'",
            retryAdvice: retryAdvice
        )
    }
}
