import Transport

/// Fetches one token at a time and keeps it until shortly before its end. A new one is fetched beside the requests while the
/// old one is still good, so that a token service that is away for a moment costs nothing.
actor CachingTokens: TokenProvider {
    /// Less than this left, in seconds, and a new token is fetched: google-auth's 3 min 45 s. The metadata server hands out
    /// its cached token until about four minutes before the end, so asking much earlier gets the same one again.
    private static let refreshBefore: Int64 = 225
    /// Less than this left, in seconds, and requests wait for the new one.
    private static let usableBefore: Int64 = 30
    /// After a new token could not be had, seconds until it is asked for again while the old one is good.
    private static let pauseAfterFailure: Int64 = 15

    private let fetch: @Sendable () async throws -> AccessToken?
    private let clock: ToolClock
    private var current: AccessToken?
    private var fetching: Task<AccessToken?, any Error>?
    private var failedAt: Int64?

    init(clock: ToolClock, fetch: @escaping @Sendable () async throws -> AccessToken?) {
        self.clock = clock
        self.fetch = fetch
    }

    func token() async throws -> AccessToken? {
        if let current {
            let left = current.expires.map { $0 - clock.epochSeconds() } ?? .max
            if left >= Self.refreshBefore { return current }
            if left >= Self.usableBefore {
                if fetching == nil, failedAt.map({ clock.epochSeconds() - $0 >= Self.pauseAfterFailure }) ?? true {
                    begin()
                }
                return current
            }
        }
        return try await (fetching ?? begin()).value
    }

    func invalidate(_ token: AccessToken) {
        if current == token { current = nil }
    }

    /// A task of its own, because several callers wait for it: the first one's cancellation must not fail the others.
    @discardableResult
    private func begin() -> Task<AccessToken?, any Error> {
        let task = Task { () async throws -> AccessToken? in
            defer { fetching = nil }
            do {
                let token = try await fetch()
                current = token
                failedAt = nil
                return token
            } catch {
                failedAt = clock.epochSeconds()
                throw error
            }
        }
        fetching = task
        return task
    }
}
