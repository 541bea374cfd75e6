import GoogleCloud

/// What a failure to make VMs calls for. The table of all codes is here and nowhere else.
enum LaunchFailureClass: Sendable, Equatable {
    /// No room in the zone: another zone.
    case stockOut
    /// The zone lacks something that others may have: another zone.
    case elsewhere
    /// A passing state: again, and then another zone.
    case again
    /// A limit of the region: what fits; no other zone of the region.
    case regionQuota
    /// A limit of the whole project: what fits.
    case projectQuota
    /// Too many requests: slower.
    case rate
    /// A VM of the name is there already: look at what is there.
    case exists
    /// The account may not: give up.
    case permission
    /// The organisation's policy forbids it: give up.
    case policy
    /// It would be refused everywhere: give up.
    case invalid
    /// No answer, so that nobody knows whether it was done: the same request again, by its id.
    case unreachable
    /// Not in the table: another zone, then give up.
    case unknown

    /// Says that fewer VMs than asked for could be made, and not why: what is beside it decides, and alone it is mostly a
    /// stock-out. It comes first, with or without the cause (SkyPilot's and Slurm's handling of the same calls).
    static let minimumNotReached = "VM_MIN_COUNT_NOT_REACHED"

    /// By the codes of operations. Facts: SkyPilot's table of failures met in practice, and Compute Engine's documents.
    private static let codes: [String: LaunchFailureClass] = [
        "ZONE_RESOURCE_POOL_EXHAUSTED": .stockOut,
        "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS": .stockOut,
        "insufficientCapacity": .stockOut,
        "RESOURCE_NOT_FOUND": .elsewhere,
        "notFound": .elsewhere,
        // Preempted while it was being made.
        "UNSUPPORTED_OPERATION": .again,
        "RESOURCE_NOT_READY": .again,
        "resourceNotReady": .again,
        "INTERNAL_ERROR": .again,
        "QUOTA_EXCEEDED": .regionQuota,
        "quotaExceeded": .regionQuota,
        "RESOURCE_OPERATION_RATE_EXCEEDED": .rate,
        "RATE_LIMIT_EXCEEDED": .rate,
        "rateLimitExceeded": .rate,
        "RESOURCE_ALREADY_EXISTS": .exists,
        "alreadyExists": .exists,
        "IAM_PERMISSION_DENIED": .permission,
        "PERMISSION_DENIED": .permission,
        "PERMISSIONS_ERROR": .permission,
        "SERVICE_ACCOUNT_ACCESS_DENIED": .permission,
        minimumNotReached: .stockOut,
        "forbidden": .permission,
        "INVALID_FIELD_VALUE": .invalid,
        "INVALID_USAGE": .invalid,
        "invalid": .invalid,
        "badRequest": .invalid,
    ]

    /// The failure that decides among those of one operation, with its class; nil when there is none.
    static func deciding(_ failures: [ComputeOperation.Failure], httpStatus: Int?) -> (
        class: LaunchFailureClass, failure: ComputeOperation.Failure
    )? {
        let causes = failures.filter { $0.code != minimumNotReached }
        return (causes.isEmpty ? failures : causes)
            .map { (of($0, httpStatus: httpStatus), $0) }.max { $0.0.weight < $1.0.weight }
    }

    /// The class of one failure of an operation.
    static func of(_ failure: ComputeOperation.Failure, httpStatus: Int?) -> LaunchFailureClass {
        if GoogleAPIError.constraint(in: failure.message) != nil { return .policy }
        if let known = codes[failure.code] {
            return known == .regionQuota && isGlobal(failure) ? .projectQuota : known
        }
        return switch httpStatus {
        case 400: .invalid
        case 403: .permission
        case 404: .elsewhere
        case 409: .exists
        case 429: .rate
        case let status? where status >= 500: .again
        default: .unknown
        }
    }

    /// The class of a request that was refused at once, or never answered.
    static func of(_ error: GoogleAPIError) -> LaunchFailureClass {
        switch error.kind {
        case .notFound: .elsewhere
        case .alreadyExists: .exists
        case .conflict, .preconditionFailed: .again
        case .permission, .apiDisabled, .unauthenticated: .permission
        case .stockOut: .stockOut
        case .policy: .policy
        case .quota: isGlobal(error.detail) ? .projectQuota : .regionQuota
        case .rateLimited: .rate
        case .invalid: .invalid
        case .server, .transport, .malformed: .unreachable
        }
    }

    /// Those that end a launch weigh most: with several failures at once the others are mostly their consequence.
    private var weight: Int {
        switch self {
        case .permission, .policy: 10
        case .invalid: 9
        case .projectQuota: 8
        case .regionQuota: 7
        case .rate: 6
        case .exists: 5
        case .stockOut: 4
        case .elsewhere: 3
        case .again: 2
        case .unreachable: 1
        case .unknown: 0
        }
    }

    private static func isGlobal(_ failure: ComputeOperation.Failure) -> Bool {
        isGlobal(failure.message) || isGlobal(failure.quota?.limitName ?? "")
            || isGlobal(failure.quota?.metricName ?? "")
    }

    private static func isGlobal(_ text: String) -> Bool {
        let text = text.lowercased().replacing("-", with: "_")
        return text.contains("all_regions") || text.contains("globally")
    }
}
