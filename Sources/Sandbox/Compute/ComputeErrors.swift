import Text

/// Compute Engine's refusals, in its own words.
extension Refusal {
    static func invalid(_ field: String, _ value: String, _ why: String) -> Refusal {
        .google(400, "invalid", "Invalid value for field '\(field)': '\(value)'. \(why)")
    }

    static func noSuchResource(_ path: String) -> Refusal {
        .google(404, "notFound", "The resource '\(path)' was not found")
    }

    static func exists(_ path: String) -> Refusal {
        .google(409, "alreadyExists", "The resource '\(path)' already exists")
    }

    static func notReady(_ path: String) -> Refusal {
        .google(400, "resourceNotReady", "The resource '\(path)' is not ready")
    }

    static func inUse(_ kind: String, _ path: String, by user: String) -> Refusal {
        let message = "The \(kind) resource '\(path)' is already being used by '\(user)'"
        return .google(400, "resourceInUseByAnotherResource", message)
    }

    /// What a bulkInsert is told for which there are no machines
    /// (cloud.google.com/compute/docs/troubleshooting/troubleshooting-bulk-vm-creation).
    static func insufficientCapacity(_ message: String) -> Refusal {
        .google(503, "insufficientCapacity", message)
    }

    static func stale(_ message: String) -> Refusal { .google(412, "conditionNotMet", message) }
}

/// Why an operation failed: what stands in its `error.errors[]`.
struct OperationFailure: Error, Sendable, Equatable {
    let code: String
    let message: String
    let httpStatus: Int
    let httpMessage: String
    var details: [JSONValue] = []

    var json: JSONValue {
        var fields: JSONObject = ["code": .string(code), "message": .string(message)]
        if !details.isEmpty { fields["errorDetails"] = .array(details) }
        return .object(fields)
    }

    /// What the platform says when it has no machines left for a request.
    static func stockOut(
        code: String,
        project: String,
        zone: String,
        machineType: String,
        zonesAvailable: [String]
    )
        -> OperationFailure
    {
        let help = "https://cloud.google.com/compute/docs/resource-error"
        let more = zonesAvailable.isEmpty ? "" : " However, it is currently available in the \(zonesAvailable) zones."
        let short = "A \(machineType) VM instance is currently unavailable in the \(zone) zone.\(more)"
        let info: JSONValue = [
            "domain": "compute.googleapis.com", "reason": "resource_availability",
            "metadatas": [
                "vmType": .string(machineType), "zone": .string(zone), "attachment": "",
                "zonesAvailable": .string(zonesAvailable.joined(separator: ",")),
            ],
        ]
        return OperationFailure(
            code: code,
            message:
                "The zone 'projects/\(project)/zones/\(zone)' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.",
            httpStatus: 503,
            httpMessage: "SERVICE UNAVAILABLE",
            details: [
                ["help": ["links": [["description": "Troubleshooting documentation", "url": .string(help)]]]],
                ["localizedMessage": ["locale": "en-US", "message": .string(short)]], ["errorInfo": info],
            ]
        )
    }

    /// What says of a bulkInsert that it made too few VMs, and not why.
    static func belowMinimum(_ count: Int) -> OperationFailure {
        OperationFailure(
            code: "VM_MIN_COUNT_NOT_REACHED",
            message: "Requested minimum count of \(count) VMs could not be created.",
            httpStatus: 400,
            httpMessage: "BAD REQUEST"
        )
    }

    /// What bulkInsert makes of a URL where it wants a bare machine type.
    static let internalError = OperationFailure(
        code: "INTERNAL_ERROR",
        message: "Internal error. Please try again or contact Google Support. (Code: '4865732961129346519')",
        httpStatus: 500,
        httpMessage: "INTERNAL SERVER ERROR"
    )

    /// What stands against a VM that is to run as an account.
    static func noAccount(_ email: String) -> OperationFailure {
        OperationFailure(
            code: "EXTERNAL_RESOURCE_NOT_FOUND",
            message: "The resource '\(email)' of type 'serviceAccount' was not found.",
            httpStatus: 404,
            httpMessage: "NOT FOUND"
        )
    }

    /// What stands against a caller who may not let VMs run as an account.
    static func accountDenied(_ email: String) -> OperationFailure {
        OperationFailure(
            code: "SERVICE_ACCOUNT_ACCESS_DENIED",
            message: "The user does not have access to service account '\(email)'.  User: 'operator@example.com'.  "
                + "Ask a project owner to grant you the iam.serviceAccountUser role on the service account",
            httpStatus: 400,
            httpMessage: "BAD REQUEST"
        )
    }

    static let noAddress = OperationFailure(
        code: "IP_SPACE_EXHAUSTED_WITH_DETAILS",
        message: "IP space of the subnetwork is exhausted.",
        httpStatus: 400,
        httpMessage: "BAD REQUEST"
    )
}
