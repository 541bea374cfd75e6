import Transport

/// What one of Google's services said when it refused: `errors[].reason` of the older form, `status` and `details` of the newer
/// one. What it means is for `GoogleAPIError` and `StorageError` to say.
struct Refusal {
    let status: Int
    /// The message, empty when there is none.
    let said: String
    let reasons: Set<String>
    /// The name of a `google.rpc.Code`.
    let word: String?
    private let pause: Duration?

    /// Reads an answer's body, which may be something else than JSON.
    init(_ response: HTTPResponse, now: Int64) {
        struct Body: Decodable {
            struct Item: Decodable { let reason: String? }
            struct Content: Decodable {
                let message: String?
                let status: String?
                let errors: [Item]?
                let details: [Item]?
            }
            let error: Content
        }
        let body = (try? decoded(response.body, as: Body.self))?.error
        status = response.status
        said = body?.message ?? ""
        reasons = Set(((body?.errors ?? []) + (body?.details ?? [])).compactMap(\.reason))
        word = body?.status
        pause = response.head.headers["Retry-After"].flatMap { retryAfter($0, now: now) }
    }

    /// The organisation policy's constraint that forbids it.
    var constraint: String? { (400..<500).contains(status) ? GoogleAPIError.constraint(in: said) : nil }

    /// Whether too many requests were sent.
    var isRateLimit: Bool {
        status == 429 || status == 403 && has("rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED")
    }

    /// Whether the server has a problem of its own.
    var isServers: Bool { status == 408 || status >= 500 }

    /// The pause that the service asks for.
    var advice: RetryAdvice? { pause.map { .after($0) } }

    func has(_ reasons: String...) -> Bool { !self.reasons.isDisjoint(with: reasons) }

    /// What came back, and what to do next.
    func detail(_ next: String) -> String {
        "status \(status)\(said.isEmpty ? "" : " (\(said.clipped(toBytes: 300)))"); \(next)"
    }
}

extension GoogleAPIError {
    init(_ refusal: Refusal, of call: GoogleAPI.Call) {
        let isDeniedAccount = Self.isDeniedServiceAccount(refusal)
        let kind: Kind
        var next = ""
        switch refusal.status {
        case _ where refusal.constraint != nil:
            (kind, next) = (.policy, "the organisation's policy \(refusal.constraint ?? "") forbids it")
        case 400..<500 where isDeniedAccount: kind = .permission
        case 503 where !refusal.reasons.isDisjoint(with: Self.stockOuts):
            (kind, next) = (.stockOut, "try another zone")
        case 401: (kind, next) = (.unauthenticated, "check the credentials")
        case _ where refusal.isRateLimit: (kind, next) = (.rateLimited, "try again in a minute")
        case 403 where refusal.has("quotaExceeded", "QUOTA_EXCEEDED"):
            (kind, next) = (.quota, "ask for a higher quota, or for less")
        case 403 where refusal.has("accessNotConfigured", "SERVICE_DISABLED"):
            (kind, next) = (.apiDisabled, "enable it: gcloud services enable \(call.service.apiName)")
        case 403: kind = .permission
        case 404: (kind, next) = (.notFound, "look at what is there")
        case 400 where refusal.has("resourceNotReady", "resourceInUseByAnotherResource"):
            (kind, next) = (.conflict, "try again when the other change is through")
        case 409 where refusal.word == "ABORTED" || refusal.has("aborted"): (kind, next) = (.conflict, "try again")
        case 409: (kind, next) = (.alreadyExists, "look at what is there")
        case 412: (kind, next) = (.preconditionFailed, "read it again")
        case _ where refusal.isServers: (kind, next) = (.server(refusal.status), "try again later")
        default: (kind, next) = (.invalid, "the service does not take such a request")
        }
        var permission: String?
        if kind == .permission {
            permission = isDeniedAccount ? Self.actAs : Self.permission(in: refusal.said) ?? call.needs
            next = "give the account a role " + (permission.map { "with the permission \($0)" } ?? "for it")
        }
        let isTemporary = kind == .rateLimited || kind == .server(refusal.status)
        self.init(
            kind,
            operation: call.operation,
            detail: refusal.detail(next),
            permission: permission,
            retryAdvice: isTemporary ? refusal.advice : nil
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

    private static func isDeniedServiceAccount(_ refusal: Refusal) -> Bool {
        refusal.has("SERVICE_ACCOUNT_ACCESS_DENIED")
            || refusal.said.contains("does not have access to service account")
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
