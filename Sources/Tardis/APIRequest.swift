import FoundationEssentials
import Transport

extension TardisClient {
    /// Asks Tardis's API for a JSON document, with the key where one is given. `described` is what the answer should be.
    func document<Answer: Decodable>(
        _ path: String,
        key: Secret? = nil,
        described: String,
        as type: Answer.Type
    ) async throws -> Answer {
        let operation = "GET \(options.apiURL)/\(path)"
        let headers: HTTPHeaders = key.map { ["Authorization": "Bearer \($0.reveal())"] } ?? [:]
        return try await withRetry(
            RetryPolicy(tries: 3, budget: .seconds(30)),
            clock: clock,
            onRetry: { _, error, pause in
                if let error = error as? TardisError { onWait(error, pause) }
            }
        ) { _ in
            let response: HTTPResponse
            do {
                response = try await transport.send(HTTPRequest("GET", "\(options.apiURL)/\(path)", headers: headers))
            } catch let error as TransportError {
                throw TardisError(error, operation: operation)
            }
            guard response.status == 200 else {
                throw ResponseClassifier(operation: operation, hasKey: key != nil, now: clock.epochSeconds())
                    .error(status: response.status, headers: response.head.headers, body: response.body)
            }
            do {
                return try JSONDecoder().decode(type, from: Data(response.body))
            } catch {
                throw TardisError(
                    .malformed,
                    operation: operation,
                    detail: "the answer is not \(described) that Tardis describes; is TARDIS_API_URL right?"
                )
            }
        }
    }
}
