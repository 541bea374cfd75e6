import Text
public import Transport

/// Hears that a request failed and will be tried again after the pause.
public typealias RetryListener = @Sendable (_ error: any Error, _ pause: Duration) -> Void

/// Calls Google's REST services: address, token, JSON both ways, retries, and what a refusal means.
public struct GoogleAPI: Sendable {
    let sender: AuthorizedSender
    private let environment: [String: String]
    let policy: RetryPolicy
    let clock: ToolClock
    let onRetry: RetryListener

    /// A client; `environment` gives the services' addresses, `onRetry` hears of each pause before another try.
    public init(
        environment: [String: String],
        transport: any HTTPTransport,
        tokens: any TokenProvider,
        billing: BillingProject = .none,
        retry: RetryPolicy = RetryPolicy(),
        clock: ToolClock = .system,
        onRetry: @escaping RetryListener = { _, _ in }
    ) {
        sender = AuthorizedSender(transport: transport, tokens: tokens, billing: billing)
        self.environment = environment
        policy = retry
        self.clock = clock
        self.onRetry = onRetry
    }

    /// One method of a service.
    struct Call: Sendable {
        let verb: String
        let service: GoogleService
        /// The path behind the service's root, each variable part already `percentEncoded`.
        let path: String
        /// Query parameters, not yet encoded.
        var query: [(String, String)] = []
        /// What is tried, behind "cannot": `read the IAM policy of project p`.
        let operation: String
        /// The permission that it needs, named when the service refuses without naming one.
        var needs: String?
        /// Whether it may be sent again after a lost answer: reads, and writes with a `requestId` or an ETag.
        var isRepeatable = true
        /// How long it may take before a byte comes; `wait` calls take two minutes.
        var stallTimeout: Duration = .seconds(60)
    }

    /// Calls without a body and reads the answer.
    func send<Answer: Decodable>(_ call: Call, as type: Answer.Type = Answer.self) async throws(GoogleAPIError)
        -> Answer
    {
        try await perform(call, body: nil, type)
    }

    /// Calls with a body and reads the answer.
    func send<Answer: Decodable>(
        _ call: Call,
        body: some Encodable,
        as type: Answer.Type = Answer.self
    ) async throws(GoogleAPIError) -> Answer {
        let bytes: [UInt8]
        do {
            bytes = try jsonBytes(body)
        } catch {
            throw GoogleAPIError(.invalid, operation: call.operation, detail: "the request cannot be written as JSON")
        }
        return try await perform(call, body: bytes, type)
    }

    private func perform<Answer: Decodable>(
        _ call: Call,
        body: [UInt8]?,
        _ type: Answer.Type
    ) async throws(GoogleAPIError) -> Answer {
        let query = percentEncoded(call.query)
        var request = HTTPRequest(
            call.verb,
            call.service.root(environment) + call.path + (query.isEmpty ? "" : "?" + query),
            stallTimeout: call.stallTimeout
        )
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes(body)
        }
        do {
            return try decode(try await retrying { _ in try await once(request, call) }, call)
        } catch let error as GoogleAPIError {
            throw error
        } catch {
            throw GoogleAPIError(.transport, operation: call.operation, detail: "cancelled", retryAdvice: .never)
        }
    }

    /// Tries until it works or the error says that it will not.
    func retrying<T>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (_ attempt: Int) async throws -> T
    ) async throws -> T {
        try await withRetry(
            policy,
            clock: clock,
            onRetry: { _, error, pause in onRetry(error, pause) },
            operation: body
        )
    }

    private func once(_ request: HTTPRequest, _ call: Call) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await sender.send(request, limit: 256 << 20)
        } catch let error as CredentialError {
            throw GoogleAPIError(
                error.kind == .unavailable ? .transport : .unauthenticated,
                operation: call.operation,
                detail: error.detail,
                retryAdvice: error.retryAdvice
            )
        } catch let error as TransportError {
            // A request that never left may be sent again, whatever it is.
            let mayRepeat = call.isRepeatable || error.kind == .nameNotResolved || error.kind == .connect
            throw GoogleAPIError(
                .transport,
                operation: call.operation,
                detail: "\(error)",
                retryAdvice: mayRepeat ? error.retryAdvice : .never
            )
        }
        guard (200..<300).contains(response.status) else {
            let error = GoogleAPIError(Refusal(response, now: clock.epochSeconds()), of: call)
            guard case .server = error.kind, !call.isRepeatable else { throw error }
            throw GoogleAPIError(error.kind, operation: error.operation, detail: error.detail, retryAdvice: .never)
        }
        return response
    }

    private func decode<Answer: Decodable>(_ response: HTTPResponse, _ call: Call) throws(GoogleAPIError) -> Answer {
        do {
            return try decoded(response.body)
        } catch {
            throw GoogleAPIError(
                .malformed,
                operation: call.operation,
                detail: "status \(response.status), but the answer is not the JSON that it should be"
            )
        }
    }
}

/// An answer of which nothing is read.
struct NothingRead: Decodable {}
