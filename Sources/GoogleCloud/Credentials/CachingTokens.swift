/// Fetches one token at a time and keeps it until shortly before its end.
actor CachingTokens: TokenProvider {
    /// Less than this left, in seconds, and a new token is fetched: google-auth's 3 min 45 s. The metadata server hands out
    /// its cached token until about four minutes before the end, so asking much earlier gets the same one again.
    private static let refreshBefore: Int64 = 225

    private let fetch: @Sendable () async throws -> AccessToken?
    private let now: WallClock
    private var current: AccessToken?
    private var fetching: Task<AccessToken?, any Error>?

    init(now: @escaping WallClock, fetch: @escaping @Sendable () async throws -> AccessToken?) {
        self.now = now
        self.fetch = fetch
    }

    func token() async throws -> AccessToken? {
        if let current, current.expires.map({ $0 - now() >= Self.refreshBefore }) ?? true { return current }
        if let fetching { return try await fetching.value }
        // A task of its own, because several callers wait for it: the first one's cancellation must not fail the others.
        let task = Task { try await fetch() }
        fetching = task
        defer { fetching = nil }
        let token = try await task.value
        current = token
        return token
    }

    func invalidate(_ token: AccessToken) {
        if current == token { current = nil }
    }
}
