import FoundationEssentials
import Transport

/// The error body of Google's services: `errors[].reason` of the older form, `status` and `details` of the newer one.
struct GoogleAPIRefusal: Decodable {
    struct Item: Decodable {
        let reason: String?
    }
    let message: String?
    let status: String?
    let errors: [Item]?
    let details: [Item]?

    /// Reads the body; nil when it is something else.
    static func reading(_ response: HTTPResponse) -> GoogleAPIRefusal? {
        struct Body: Decodable { let error: GoogleAPIRefusal }
        return (try? JSONDecoder().decode(Body.self, from: Data(response.body)))?.error
    }

    /// All machine-readable reasons.
    var reasons: Set<String> { Set((errors ?? []).compactMap(\.reason) + (details ?? []).compactMap(\.reason)) }
}

extension GoogleAPIError {
    /// What a refusal means. `needs` is the permission that the call is known to need, for when the service does not name it.
    init(_ response: HTTPResponse, operation: String, needs: String?, service: GoogleService, now: Int64) {
        let refusal = GoogleAPIRefusal.reading(response)
        let said = refusal?.message ?? ""
        let reasons = refusal?.reasons ?? []
        let kind: Kind
        var next: String
        switch response.status {
        case 400..<500 where Self.constraint(in: said) != nil:
            let name = Self.constraint(in: said) ?? ""
            (kind, next) = (.policy, "the organisation's policy \(name) forbids it")
        case 400..<500 where Self.isDeniedServiceAccount(reasons, said):
            (kind, next) = (.permission, "")
        case 503 where !reasons.isDisjoint(with: Self.stockOuts):
            (kind, next) = (.stockOut, "try another zone")
        case 401: (kind, next) = (.unauthenticated, "check the credentials")
        case 403 where !reasons.isDisjoint(with: ["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"]):
            (kind, next) = (.rateLimited, "try again in a minute")
        case 403 where !reasons.isDisjoint(with: ["quotaExceeded", "QUOTA_EXCEEDED"]):
            (kind, next) = (.quota, "ask for a higher quota, or for less")
        case 403 where !reasons.isDisjoint(with: ["accessNotConfigured", "SERVICE_DISABLED"]):
            (kind, next) = (.apiDisabled, "enable it: gcloud services enable \(service.apiName)")
        case 403: (kind, next) = (.permission, "")
        case 404: (kind, next) = (.notFound, "look at what is there")
        case 400 where !reasons.isDisjoint(with: ["resourceNotReady", "resourceInUseByAnotherResource"]):
            (kind, next) = (.conflict, "try again when the other change is through")
        case 409 where refusal?.status == "ABORTED" || reasons.contains("aborted"):
            (kind, next) = (.conflict, "try again")
        case 409: (kind, next) = (.alreadyExists, "look at what is there")
        case 412: (kind, next) = (.preconditionFailed, "read it again")
        case 429: (kind, next) = (.rateLimited, "try again in a minute")
        case 408, 500...: (kind, next) = (.server(response.status), "try again later")
        default: (kind, next) = (.invalid, "the service does not take such a request")
        }
        let isDeniedAccount = Self.isDeniedServiceAccount(reasons, said)
        let permission =
            isDeniedAccount
            ? Self.actAs : kind == .permission ? Self.permission(in: said) ?? needs : nil
        if kind == .permission {
            next =
                permission.map { "give the account a role with the permission \($0)" }
                ?? "give the account a role for it"
        }
        let asked = response.head.headers["Retry-After"].flatMap { retryAfter($0, now: now) }
        let isTemporary = kind == .rateLimited || kind == .server(response.status)
        self.init(
            kind,
            operation: operation,
            detail: "status \(response.status)\(said.isEmpty ? "" : " (\(said.clipped(toBytes: 300)))"); \(next)",
            permission: permission,
            retryAdvice: isTemporary ? asked.map { .after($0) } : nil
        )
    }

    /// How Compute Engine says at once that a zone is full.
    /// cloud.google.com/compute/docs/troubleshooting/troubleshooting-bulk-vm-creation
    private static let stockOuts: Set<String> = [
        "insufficientCapacity", "resourcePoolExhausted", "ZONE_RESOURCE_POOL_EXHAUSTED",
        "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
    ]
    /// What one needs to have VMs run as a service account.
    public static let actAs = "iam.serviceAccounts.actAs"

    private static func isDeniedServiceAccount(_ reasons: Set<String>, _ said: String) -> Bool {
        reasons.contains("SERVICE_ACCOUNT_ACCESS_DENIED") || said.contains("does not have access to service account")
    }

    /// The organisation policy's constraint that a message names: `constraints/compute.requireShieldedVm`.
    public static func constraint(in message: String) -> String? {
        guard let start = message.firstRange(of: "constraints/")?.lowerBound else { return nil }
        let name = message[start...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "./-_".contains($0)) }
        let trimmed = name.last == "." ? name.dropLast() : name
        return trimmed.count > "constraints/".count ? String(trimmed.prefix(120)) : nil
    }

    /// The first word in quotes that is a permission's name: `service.resource.verb`.
    static func permission(in message: String) -> String? {
        message.split(omittingEmptySubsequences: false) { $0 == "'" || $0 == "\"" || $0 == "`" }.lazy
            .map(String.init)
            .first { word in
                let parts = word.split(separator: ".", omittingEmptySubsequences: false)
                return parts.count == 3
                    && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isLetter } }
            }
    }
}
