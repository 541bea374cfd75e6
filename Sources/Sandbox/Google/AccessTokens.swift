import Synchronization
public import Text

/// The access tokens that the stand-ins take: those of the OAuth endpoint and the metadata servers, and fixed ones.
public final class AccessTokens: Sendable {
    /// Whose token it is, and what for.
    public struct Grant: Sendable, Equatable {
        /// The service account's address, or the user's.
        public let account: String
        public let scopes: [String]
        /// Whether a virtual machine's metadata server gave it.
        public let isMachine: Bool
        /// When it ends, in seconds since 1970; nil for never.
        let expires: Int?

        /// Whether it is a person's, and not a service account's.
        var isUser: Bool { !account.hasSuffix("gserviceaccount.com") }
    }

    /// The scope that opens all of Google Cloud.
    public static let cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

    private let grants = Mutex<[String: Grant]>([:])
    private let now: @Sendable () -> Int
    private let lifetimeSeconds: Int

    /// No tokens yet; those to come live so many seconds by the clock, which counts seconds since 1970.
    public init(lifetimeSeconds: Int = 3_600, now: @escaping @Sendable () -> Int = { Clock.seconds() }) {
        self.lifetimeSeconds = lifetimeSeconds
        self.now = now
    }

    /// Makes a token; the answer in the form of Google's token endpoints (RFC 6749, 5.1).
    public func issue(to account: String, scopes: [String], isMachine: Bool) -> JSONValue {
        let token = Self.newToken()
        let grant = Grant(account: account, scopes: scopes, isMachine: isMachine, expires: now() + lifetimeSeconds)
        grants.withLock { $0[token] = grant }
        return [
            "access_token": .string(token), "expires_in": .integer(max(0, lifetimeSeconds - 1)),
            "token_type": "Bearer",
        ]
    }

    /// Takes a token that others made, for ever.
    public func accept(_ token: String, of account: String) {
        let grant = Grant(account: account, scopes: [Self.cloudPlatform], isMachine: false, expires: nil)
        grants.withLock { $0[token] = grant }
    }

    /// Makes a token that never ends.
    func fixed(for account: String) -> String {
        let token = Self.newToken()
        accept(token, of: account)
        return token
    }

    private static func newToken() -> String {
        let random = (0..<4).map { _ in hex(withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }) }
        return "ya29.sandbox-" + random.joined()
    }

    /// What stands behind the value of an `Authorization` header; nil when it is missing, unknown or over.
    public func grant(for authorization: String?) -> Grant? {
        guard let authorization, authorization.hasPrefix("Bearer ") else { return nil }
        guard let grant = grants.withLock({ $0[String(authorization.dropFirst(7))] }) else { return nil }
        return grant.expires.map { $0 <= now() } == true ? nil : grant
    }
}
