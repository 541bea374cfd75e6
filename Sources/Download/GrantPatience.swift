import Common
import Console
import GoogleCloud
import Text
import Transport

/// Waits, on a VM, for roles that were granted just before it was made: Google's services learn of them within "typically 2
/// minutes, potentially 7 or longer" (cloud.google.com/iam/docs/access-change-propagation). Elsewhere a refusal is an answer.
struct GrantPatience: Sendable {
    let isOnVM: Bool
    let logger: Logger
    let clock: ToolClock

    /// A pause of about a quarter of a minute, for ten minutes.
    private static let policy = RetryPolicy(tries: 60, budget: .seconds(600), base: .seconds(10), cap: .seconds(20))

    /// Does what is the first use of a role; `what` is what it reads, for the log.
    func first<Result>(_ what: String, _ use: () async throws -> Result) async throws -> Result {
        guard isOnVM else { return try await use() }
        return try await withRetry(
            Self.policy,
            clock: clock,
            onRetry: { attempt, error, pause in
                logger.log(
                    attempt == 1 ? .warning : .debug,
                    "access is not granted yet; a new role takes some minutes",
                    ["what": .string(what), "reason": .string("\(error)"), "seconds": .int(pause.components.seconds)]
                )
            },
            operation: { _ in
                do {
                    return try await use()
                } catch let error as GoogleAPIError where error.kind == .permission {
                    throw NotGrantedYet(cause: error)
                } catch let error as StorageError where error.kind == .permission {
                    throw NotGrantedYet(cause: error)
                }
            }
        )
    }
}

/// A refusal that may end by itself.
private struct NotGrantedYet: RetryClassified, ExitStatusProviding, CustomStringConvertible {
    let cause: any ExitStatusProviding
    var retryAdvice: RetryAdvice { .backoff }
    var exitStatus: ExitStatus { cause.exitStatus }
    var description: String { "\(cause)" }
}
