import FoundationEssentials
import Transport

/// Tardis's JSON error. A member that is not of the form it should have counts as missing.
private struct ErrorBody: Decodable {
    let code: Int?
    let message: String?
    let retryAfterSeconds: Double?

    private enum CodingKeys: CodingKey { case code, message, retryAfterSeconds }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        code = try? members.decode(Int.self, forKey: .code)
        message = try? members.decode(String.self, forKey: .message)
        retryAfterSeconds = try? members.decode(Double.self, forKey: .retryAfterSeconds)
    }
}

/// What an answer that is no data means.
struct ResponseClassifier {
    let operation: String
    let hasKey: Bool
    /// Seconds since 1970, for a `Retry-After` that is a date.
    let now: Int64
    /// Whether the storage that Tardis redirected to answers, which knows nothing of keys and data sets.
    var isRedirected = false

    /// A longer pause after a 429 means that the quota is gone, as Tardis's own client takes it.
    private static let longestRateLimit = Duration.seconds(300)
    /// A lock without its own time: as long as those seen.
    private static let usualLock = Duration.seconds(900)
    /// The longest pause that a lock's own time is believed: four times those seen.
    private static let longestLock = Duration.seconds(3600)

    /// What was said, without the full stop that our own sentence goes on behind.
    private static func sentence(_ text: String) -> String {
        let text = text.clipped(toBytes: 500)
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    func error(status: Int, headers: HTTPHeaders, body: [UInt8]) -> TardisError {
        let json = try? JSONDecoder().decode(ErrorBody.self, from: Data(body))
        let said = json?.message.map { ": \(Self.sentence($0))" } ?? ""
        let asked = headers["Retry-After"].flatMap { retryAfter($0, now: now) }
        func make(_ kind: TardisError.Kind, _ detail: String, _ advice: RetryAdvice = .never) -> TardisError {
            TardisError(kind, operation: operation, detail: detail, retryAdvice: advice)
        }
        if isRedirected, status != 416, status != 429, status < 500 {
            // A link that has expired or was signed wrongly; Tardis gives a new one with each request.
            return make(
                .storage(status: status),
                "the storage that Tardis redirected to refused the link (\(status)); a new link is asked for",
                .backoff
            )
        }
        switch status {
        case 400: return badRequest(json, said, make)
        case 401: return unauthorized(json, said, make)
        case 403 where json?.code == 274:
            let pause =
                json?.retryAfterSeconds.map { Duration.fromOutside(seconds: $0) } ?? asked ?? Self.usualLock
            return make(
                .locked,
                "the Tardis key is in use from another IP address (403, code 274)\(said); it is free again after "
                    + "\(Int(pause / .seconds(1))) s without requests from there. One key serves one address at a time",
                .after(min(pause, Self.longestLock))
            )
        case 403:
            return make(
                .refused,
                json == nil
                    ? "Tardis's edge refused this client (403 with a web page); check proxies and the User-Agent"
                    : "refused (403)\(said)"
            )
        case 404: return make(.notFound, "no such file (404)\(said)")
        case 429:
            if let asked, asked > Self.longestRateLimit {
                return make(
                    .quotaGone,
                    "the transfer or request quota of the key is used up (429, again in \(Int(asked / .seconds(1))) s)\(said); "
                        + "start again when it is renewed (daily quotas at 00:00 UTC)"
                )
            }
            return make(.rateLimited, "too many requests (429)\(said)", asked.map { .after($0) } ?? .backoff)
        case 416: return make(.unexpected(status: 416), "the file is not so long (416)\(said)")
        default:
            // As Tardis's own clients do: all but 400, 401, 403 and 404 may be different the next time. Its front answers
            // 520 to 530 when what stands behind it does not.
            return make(
                .server(status: status),
                "Tardis has a problem of its own (\(status))\(said)",
                asked.map { .after($0) } ?? .backoff
            )
        }
    }

    private typealias Make = (TardisError.Kind, String, RetryAdvice) -> TardisError

    private func badRequest(_ json: ErrorBody?, _ said: String, _ make: Make) -> TardisError {
        switch json?.code {
        case 300:
            return make(
                .notArchived,
                "the symbol is not in Tardis's archive of this exchange (400, code 300)\(said)",
                .never
            )
        case 140: return make(.notAvailable, "there is no such data set for this day (400, code 140)\(said)", .never)
        default:
            // The one 400 that Tardis's own clients try again.
            let passes = json?.message?.contains("ISO 8601 format") == true
            return make(.unexpected(status: 400), "the request was refused (400)\(said)", passes ? .backoff : .never)
        }
    }

    private func unauthorized(_ json: ErrorBody?, _ said: String, _ make: Make) -> TardisError {
        let why =
            if !hasKey {
                "no Tardis key was sent (401); set TARDIS_API_KEY: only the first day of each month is free"
            } else if json?.code == 11 {
                "the Tardis key has expired (401, code 11)\(said); renew it and set TARDIS_API_KEY"
            } else {
                "the Tardis key is not accepted (401)\(said); check TARDIS_API_KEY and what its plan covers"
            }
        return make(.unauthorized, why, .never)
    }
}
