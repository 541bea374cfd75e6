import Text
import Transport

/// What all requests to one bucket share: the address, and what a status means.
struct GCSClient: Sendable {
    let bucket: String
    let endpoint: String
    let api: GoogleAPI

    /// Bytes of an answer in JSON: a page has a thousand objects with 8 KiB of metadata at most.
    static let answerLimit = 64 << 20
    /// Bytes of an object that is read as a whole, as plans and heartbeats are.
    static let objectLimit = 32 << 20

    /// `/storage/v1/b/BUCKET`
    var bucketURL: String { "\(endpoint)/storage/v1/b/\(percentEncoded(bucket))" }

    /// `/storage/v1/b/BUCKET/o/NAME`
    func objectURL(_ name: String) -> String { "\(bucketURL)/o/\(percentEncoded(name))" }

    /// `/upload/storage/v1/b/BUCKET/o?…`
    func uploadURL(_ type: String, _ name: String, _ precondition: Precondition) -> String {
        let query = query([("uploadType", type), ("name", name)] + Self.parameters(precondition))
        return "\(endpoint)/upload/storage/v1/b/\(percentEncoded(bucket))/o\(query)"
    }

    func query(_ parameters: [(String, String)]) -> String {
        parameters.isEmpty ? "" : "?" + percentEncoded(parameters)
    }

    static func parameters(_ precondition: Precondition) -> [(String, String)] {
        switch precondition {
        case .none: []
        case .absent: [("ifGenerationMatch", "0")]
        case .generation(let generation): [("ifGenerationMatch", "\(generation)")]
        }
    }

    /// Tries until it works or the error says that it will not. Throws `StorageError`.
    func retrying<T>(
        _ operation: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (_ attempt: Int) async throws -> T
    ) async throws -> T {
        do {
            return try await api.retrying(body)
        } catch is CancellationError {
            throw StorageError(.cancelled, operation: operation, detail: "cancelled")
        }
    }

    /// One try. A status that is not `accepted` becomes an error; a refused token is fetched again once.
    func once(
        _ request: HTTPRequest,
        operation: String,
        accepted: Set<Int> = [200],
        missing: StorageError.Kind = .notFound,
        limit: Int = GCSClient.answerLimit
    ) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await api.sender.send(request, limit: limit)
        } catch let error as CredentialError {
            throw StorageError(
                .unauthenticated,
                operation: operation,
                detail: error.detail,
                retryAdvice: error.retryAdvice
            )
        } catch let error as TransportError {
            throw StorageError(error, operation: operation)
        } catch {
            throw StorageError(.transport, operation: operation, detail: "\(error)", retryAdvice: .never)
        }
        guard accepted.contains(response.status) else {
            throw StorageError(response, operation: operation, missing: missing, now: api.clock.epochSeconds())
        }
        return response
    }

    /// Sends without a token, and without a look at the status.
    func plain(_ request: HTTPRequest, operation: String) async throws(StorageError) -> HTTPResponse {
        do {
            return try await api.sender.transport.send(request, limit: Self.answerLimit)
        } catch let error as TransportError {
            throw StorageError(error, operation: operation)
        } catch {
            throw StorageError(.transport, operation: operation, detail: "\(error)", retryAdvice: .never)
        }
    }
}
