public import Transport
/// A bearer token for Google's APIs.
public struct AccessToken: Sendable, Equatable {
    /// What goes behind `Bearer`.
    public let secret: Secret
    /// When it ends, in seconds since 1970; nil when that is not known.
    public let expires: Int64?
    /// The project that requests with a user's token count against (`x-goog-user-project`); nil where the token's own does.
    public var quotaProject: String?

    public init(secret: Secret, expires: Int64?, quotaProject: String? = nil) {
        self.secret = secret
        self.expires = expires
        self.quotaProject = quotaProject
    }
}

/// Something that has a token when one is needed.
public protocol TokenProvider: Sendable {
    /// A token that is good for some minutes; nil to go without one. Throws `CredentialError`.
    func token() async throws -> AccessToken?

    /// Says that the service refused this token, so that the next one is a new one.
    func invalidate(_ token: AccessToken) async
}

/// No credentials: requests carry no `Authorization`.
public struct AnonymousTokens: TokenProvider {
    public init() {}

    /// Always nil.
    public func token() async throws -> AccessToken? { nil }

    public func invalidate(_ token: AccessToken) async {}
}

/// Always the same token, from outside.
struct FixedTokens: TokenProvider {
    let fixed: AccessToken

    func token() async throws -> AccessToken? { fixed }

    func invalidate(_ token: AccessToken) async {}
}
