import Transport

/// A long-running change as Google's services other than Compute Engine report it.
struct LongRunningOperation: Decodable {
    struct Failure: Decodable {
        let code: Int?
        let message: String?
    }

    let name: String
    let done: Bool?
    let error: Failure?
}

extension GoogleAPI {
    /// Asks for the operation until it is done. `call` is the one that started it; it is named in errors.
    func finish(_ operation: LongRunningOperation, of call: Call) async throws(GoogleAPIError) {
        var present = operation
        // Enabling services and creating repositories take seconds to minutes.
        let limit = clock.monotonic() + .seconds(600)
        var pause = Duration.milliseconds(500)
        while present.done != true {
            guard clock.monotonic() < limit else {
                throw GoogleAPIError(
                    .transport,
                    operation: call.operation,
                    detail: "it is still under way after ten minutes; look at it again later",
                    retryAdvice: .backoff
                )
            }
            do {
                try await clock.sleep(pause)
            } catch {
                throw GoogleAPIError(.transport, operation: call.operation, detail: "cancelled", retryAdvice: .never)
            }
            pause = min(pause * 2, .seconds(5))
            present = try await send(
                Call(
                    verb: "GET",
                    service: call.service,
                    path: "v1/\(present.name)",
                    operation: call.operation,
                    needs: call.needs
                )
            )
        }
        if let failure = present.error { throw GoogleAPIError(failure, of: call) }
    }
}

extension GoogleAPIError {
    /// What the code of a failed operation (`google.rpc.Code`) means.
    fileprivate init(_ failure: LongRunningOperation.Failure, of call: GoogleAPI.Call) {
        let kind: Kind =
            switch failure.code {
            case 5: .notFound
            case 6: .alreadyExists
            case 7: .permission
            case 8: .quota
            case 10: .conflict
            case 13, 14: .server(failure.code == 14 ? 503 : 500)
            case 16: .unauthenticated
            default: .invalid
            }
        self.init(
            kind,
            operation: call.operation,
            detail: "it failed (\((failure.message ?? "without a reason").clipped(toBytes: 300)))",
            permission: kind == .permission ? Self.permission(in: failure.message ?? "") ?? call.needs : nil
        )
    }
}
