import Text

extension ServedResponse {
    /// An error in the form of Google's newer services (google.rpc.Status); with `legacy` that of the older ones as well.
    static func rpcError(
        _ status: Int,
        _ message: String,
        word: String? = nil,
        reason: String? = nil,
        domain: String = "googleapis.com",
        metadata: JSONValue = [:],
        links: [JSONValue] = [],
        legacy: (domain: String, reason: String)? = nil
    ) -> ServedResponse {
        var error: JSONObject = [
            "code": .integer(status), "message": .string(message), "status": .string(word ?? rpcStatus(status)),
        ]
        var details: [JSONValue] = []
        if !links.isEmpty { details.append(["@type": "type.googleapis.com/google.rpc.Help", "links": .array(links)]) }
        if let reason {
            details.append([
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": .string(reason),
                "domain": .string(domain), "metadata": metadata,
            ])
        }
        if let legacy {
            error["errors"] = [
                [
                    "message": .string(message), "domain": .string(legacy.domain), "reason": .string(legacy.reason),
                    "extendedHelp": "https://console.developers.google.com",
                ]
            ]
        }
        if !details.isEmpty { error["details"] = .array(details) }
        return .json(["error": .object(error)], status: status)
    }
}

extension Refusal {
    /// An error in the form of Google's newer services.
    static func rpc(_ status: Int, _ message: String, word: String? = nil, reason: String? = nil) -> Refusal {
        Refusal(.rpcError(status, message, word: word, reason: reason))
    }

    static let entityNotFound = Refusal.rpc(404, "Requested entity was not found.")
}

/// The word of google.rpc.Code that goes with an HTTP status.
private func rpcStatus(_ status: Int) -> String {
    let known = [
        400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
        405: "INVALID_ARGUMENT", 409: "ALREADY_EXISTS", 411: "INVALID_ARGUMENT", 412: "FAILED_PRECONDITION",
        429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    ]
    return known[status] ?? "INTERNAL"
}
