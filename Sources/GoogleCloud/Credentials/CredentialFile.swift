import Text
import Transport
import FoundationEssentials

/// The JSON key files that Google's tools write.
indirect enum CredentialFile: Sendable {
    case serviceAccount(ServiceAccountKey)
    case authorizedUser(AuthorizedUser)
    /// Another account's tokens, which the source may ask for.
    case impersonated(Impersonation, source: CredentialFile)
    /// An identity of another provider (workload identity federation).
    case externalAccount(ExternalAccount)

    /// Reads a file's content; `path` is for errors, which never quote the content.
    init(_ bytes: [UInt8], path: String) throws(CredentialError) {
        func decode<T: Decodable>(_ type: T.Type) throws(CredentialError) -> T {
            do {
                return try decoded(bytes)
            } catch DecodingError.keyNotFound(let key, _) {
                throw CredentialError(.malformed, "\(path): the field \(key.stringValue) is missing; \(Self.advice)")
            } catch {
                throw CredentialError(.malformed, "\(path): this is no Google credentials file; \(Self.advice)")
            }
        }
        struct Kind: Decodable { let type: String }
        switch try decode(Kind.self).type {
        case "service_account": self = .serviceAccount(try decode(ServiceAccountKey.self))
        case "authorized_user": self = .authorizedUser(try decode(AuthorizedUser.self))
        case "external_account": self = .externalAccount(try decode(ExternalAccount.self))
        case "impersonated_service_account":
            let source = try decode(SourceCredentials.self).source_credentials
            // One level, as Google's libraries allow.
            guard source["type"]?.string != "impersonated_service_account" else {
                throw CredentialError(.malformed, "\(path): the source of an impersonation is an impersonation itself")
            }
            self = .impersonated(try decode(Impersonation.self), source: try CredentialFile(source.bytes(), path: path))
        case let type:
            throw CredentialError(
                .malformed,
                "\(path): credentials of type \(type.prefix(40)) are not supported; use a service account key, "
                    + "or run 'gcloud auth application-default login'"
            )
        }
    }

    /// Whether it is a key or a user's login, and names no other identity.
    var isPlain: Bool {
        switch self {
        case .serviceAccount, .authorizedUser: true
        case .impersonated, .externalAccount: false
        }
    }

    private static let advice = "download the key again or point the variable at another file"

    /// The project that the file belongs to, when it says so.
    var projectID: String? {
        switch self {
        case .serviceAccount(let key): key.projectID
        case .authorizedUser(let user): user.quotaProjectID
        case .impersonated(let account, let source): account.quota_project_id ?? source.projectID
        case .externalAccount(let account): account.quota_project_id
        }
    }

    /// The project that requests count against, where it is not the one that the account belongs to.
    var quotaProject: String? {
        switch self {
        case .serviceAccount: nil
        case .authorizedUser(let user): user.quotaProjectID
        case .impersonated(let account, let source): account.quota_project_id ?? source.quotaProject
        case .externalAccount(let account): account.quota_project_id
        }
    }
}

private struct SourceCredentials: Decodable {
    let source_credentials: JSONValue
}

struct ServiceAccountKey: Decodable, Sendable {
    let email: String
    let keyID: String?
    let privateKey: Secret
    let tokenURI: String?
    let projectID: String?

    private enum CodingKeys: String, CodingKey {
        case email = "client_email"
        case keyID = "private_key_id"
        case privateKey = "private_key"
        case tokenURI = "token_uri"
        case projectID = "project_id"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        email = try fields.decode(String.self, forKey: .email)
        keyID = try fields.decodeIfPresent(String.self, forKey: .keyID)
        privateKey = Secret(try fields.decode(String.self, forKey: .privateKey))
        tokenURI = try fields.decodeIfPresent(String.self, forKey: .tokenURI)
        projectID = try fields.decodeIfPresent(String.self, forKey: .projectID)
    }
}

/// What `gcloud auth application-default login` leaves behind.
struct AuthorizedUser: Decodable, Sendable {
    let clientID: String
    let clientSecret: Secret
    let refreshToken: Secret
    let quotaProjectID: String?

    private enum CodingKeys: String, CodingKey {
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case refreshToken = "refresh_token"
        case quotaProjectID = "quota_project_id"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        clientID = try fields.decode(String.self, forKey: .clientID)
        clientSecret = Secret(try fields.decode(String.self, forKey: .clientSecret))
        refreshToken = Secret(try fields.decode(String.self, forKey: .refreshToken))
        quotaProjectID = try fields.decodeIfPresent(String.self, forKey: .quotaProjectID)
    }
}
