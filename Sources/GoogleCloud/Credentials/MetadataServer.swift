import Text
public import Transport

/// A virtual machine's metadata server.
public struct MetadataServer: Sendable {
    private let root: String
    private let transport: any HTTPTransport
    private let clock: ToolClock
    private let policy: RetryPolicy
    private let isExpected: Bool

    /// On a virtual machine the server may be away for a moment, at boot above all; elsewhere there is none to wait for.
    private static let patient = RetryPolicy(
        tries: 40,
        budget: .seconds(90),
        base: .milliseconds(500),
        cap: .seconds(5)
    )
    private static let brief = RetryPolicy(tries: 3, budget: .seconds(30), base: .milliseconds(200), cap: .seconds(2))

    /// The server that `GCE_METADATA_HOST` (or the older `GCE_METADATA_ROOT`) names, else Google's.
    ///
    /// Where it `isExpected`, as this is one of Google's virtual machines, it is asked again for 90 seconds when there is no
    /// answer, its name does not resolve, or it has a problem of its own.
    public init(
        environment: [String: String],
        transport: any HTTPTransport,
        clock: ToolClock = .system,
        isExpected: Bool
    ) {
        self.isExpected = isExpected
        policy = isExpected ? Self.patient : Self.brief
        let named = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        root = "http://\(named ?? "metadata.google.internal")/computeMetadata/v1/"
        self.transport = transport
        self.clock = clock
    }

    /// A value with what tells it from the next one.
    public struct Value: Sendable, Equatable {
        public let text: String
        /// Changes with the value; nil when the server gave none.
        public let etag: String?

        public init(text: String, etag: String?) {
            self.text = text
            self.etag = etag
        }
    }

    /// The text at `path` (such as `instance/zone`), nil when there is none (404). Throws `CredentialError`.
    public func value(_ path: String) async throws -> String? {
        try await value(path, changedFrom: nil, within: .zero)?.text
    }

    /// The value at `path`, nil when there is none (404). With an ETag the server answers when the value is another one, or
    /// with the same one after `wait`. Throws `CredentialError`.
    public func value(_ path: String, changedFrom etag: String?, within wait: Duration) async throws -> Value? {
        let query = etag.map {
            "?wait_for_change=true&last_etag=\(percentEncoded($0))&timeout_sec=\(wait.components.seconds)"
        }
        let request = HTTPRequest(
            "GET",
            root + path + (query ?? ""),
            headers: ["Metadata-Flavor": "Google"],
            redirects: 0,
            connectTimeout: .seconds(3),
            stallTimeout: .seconds(10) + wait
        )
        return try await withRetry(policy, clock: clock) { _ in
            let response: HTTPResponse
            do {
                response = try await transport.send(request, limit: 1 << 20)
            } catch let error as TransportError {
                // Where the name is unknown this is no virtual machine of Google's, and asking again changes nothing.
                let isElsewhere = error.kind == .nameNotResolved && !isExpected
                let advice = isElsewhere ? RetryAdvice.never : error.retryAdvice
                throw CredentialError(.unavailable, "no answer of the metadata server: \(error)", retryAdvice: advice)
            }
            // A server that is just starting may leave it out with a 5xx.
            guard response.head.headers["Metadata-Flavor"] == "Google" || isExpected && response.status >= 500 else {
                throw CredentialError(.unavailable, "\(root) is no metadata server: it sends no Metadata-Flavor")
            }
            switch response.status {
            case 200: return Value(text: response.text, etag: response.head.headers["ETag"])
            case 404: return nil
            default:
                let again = response.status == 429 || response.status >= 500
                throw CredentialError(
                    .unavailable,
                    "the metadata server answers \(path) with status \(response.status)",
                    retryAdvice: again ? .backoff : .never
                )
            }
        }
    }

    /// A token of the default service account.
    func token(now: Int64) async throws -> AccessToken {
        guard let text = try await value("instance/service-accounts/default/token") else {
            throw CredentialError(
                .notFound,
                "this virtual machine has no service account; create it with one, or set GOOGLE_APPLICATION_CREDENTIALS"
            )
        }
        return try AccessToken(answer: Array(text.utf8), now: now, from: "the metadata server")
    }
}
