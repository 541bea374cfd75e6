import Transport

extension ComputeOperation {
    /// Throws when the operation failed; `operation` is what was tried, behind "cannot". The first failure decides, as the
    /// others follow from it or are the same for another resource.
    public func checked(_ operation: String) throws(GoogleAPIError) {
        guard let first = failures.first else { return }
        let kind = first.kind(httpStatus: httpStatus)
        let permission = kind == .permission ? GoogleAPIError.permission(in: first.message) : nil
        let others = failures.count > 1 ? ", and \(failures.count - 1) more" : ""
        let said = first.message.isEmpty ? "" : ": \(first.message.clipped(toBytes: 300))"
        throw GoogleAPIError(
            kind,
            operation: operation,
            detail: "\(first.code)\(said)\(others); \(kind.nextStep(permission))",
            permission: permission
        )
    }
}

extension ComputeOperation.Failure {
    /// What the failure calls for, by its code, and by the operation's status where the code is not known.
    public func kind(httpStatus: Int?) -> GoogleAPIError.Kind {
        if GoogleAPIError.constraint(in: message) != nil { return .policy }
        switch code {
        case "SERVICE_ACCOUNT_ACCESS_DENIED": return .permission
        case "QUOTA_EXCEEDED", "quotaExceeded": return .quota
        case "RESOURCE_OPERATION_RATE_EXCEEDED", "rateLimitExceeded": return .rateLimited
        case "IAM_PERMISSION_DENIED", "PERMISSION_DENIED", "forbidden": return .permission
        case "RESOURCE_NOT_FOUND", "notFound": return .notFound
        case "RESOURCE_ALREADY_EXISTS", "alreadyExists": return .alreadyExists
        case "RESOURCE_NOT_READY", "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", "resourceNotReady",
            "resourceInUseByAnotherResource":
            return .conflict
        case _ where code.hasPrefix("ZONE_RESOURCE_POOL_EXHAUSTED"), "insufficientCapacity": return .stockOut
        default: break
        }
        switch httpStatus {
        case 403: return .permission
        case 404: return .notFound
        case 409: return .alreadyExists
        case 429: return .rateLimited
        case let status? where status >= 500: return .server(status)
        default: return .invalid
        }
    }
}

extension GoogleAPIError.Kind {
    fileprivate func nextStep(_ permission: String?) -> String {
        switch self {
        case .quota: "ask for a higher quota, or for less"
        case .permission: "give the account a role \(permission.map { "with the permission \($0)" } ?? "for it")"
        case .rateLimited: "try again in a minute"
        case .policy: "the organisation's policy forbids it"
        case .server, .stockOut: "try again later"
        default: "look at what is there"
        }
    }
}
