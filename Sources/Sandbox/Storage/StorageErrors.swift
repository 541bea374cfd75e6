import Text

extension Refusal {
    /// An error in Google's JSON form.
    static func google(_ status: Int, _ reason: String, _ message: String) -> Refusal {
        Refusal(.googleError(status, reason, message))
    }

    static func notFound(bucket: String) -> Refusal {
        .google(404, "notFound", "The specified bucket does not exist: \(bucket)")
    }

    static func notFound(object: String, bucket: String) -> Refusal {
        .google(404, "notFound", "No such object: \(bucket)/\(object)")
    }

    static func invalid(_ message: String) -> Refusal { .google(400, "invalid", message) }
}

extension ServedResponse {
    /// An error in Google's JSON form.
    static func googleError(_ status: Int, _ reason: String, _ message: String) -> ServedResponse {
        let entry: JSONValue = ["message": .string(message), "domain": "global", "reason": .string(reason)]
        return .json(
            ["error": ["code": .integer(status), "message": .string(message), "errors": [entry]]],
            status: status
        )
    }
}

/// The reason word that goes with a status where nothing better is known.
func googleReason(_ status: Int) -> String {
    let known = [
        400: "invalid", 401: "authError", 403: "forbidden", 404: "notFound", 405: "httpMethodNotAllowed",
        409: "conflict", 410: "gone",
        411: "required", 412: "conditionNotMet", 416: "requestedRangeNotSatisfiable", 429: "rateLimitExceeded",
        501: "notImplemented", 503: "backendError",
    ]
    return known[status] ?? "internalError"
}
