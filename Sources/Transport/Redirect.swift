/// The statuses whose `Location` is followed.
private let followed: Set<Int> = [301, 302, 303, 307, 308]

/// The request that a redirect asks for, nil when the answer is none.
///
/// RFC 9110, 15.4: 303 turns everything but HEAD into GET, 301 and 302 turn POST into GET, 307 and 308 keep all. Not by
/// libcurl, which at a later hop keeps the first one's proxy, also for this machine, sends a secret body on over plain http, and
/// keeps a method that is set by name.
func redirected(_ request: HTTPRequest, by head: HTTPHead) throws(TransportError) -> HTTPRequest? {
    guard followed.contains(head.status), let location = head.headers["Location"] else { return nil }
    let operation = "\(request.method) \(redactedURL(request.url))"
    guard let from = URLParts(request.url), let target = URLParts(location, relativeTo: request.url) else {
        throw TransportError(.redirect, operation: operation, detail: "the redirect names no valid address")
    }
    guard target.scheme == "http" || target.scheme == "https" else {
        let detail = "the redirect leads to \(target.scheme):, not to http"
        throw TransportError(.redirect, operation: operation, detail: detail)
    }
    guard from.scheme != "https" || target.scheme == "https" else {
        throw TransportError(.redirect, operation: operation, detail: "the redirect leads from https to plain http")
    }

    var next = request
    next.url = target.text
    if from.origin != target.origin {
        next.headers["Authorization"] = nil
        next.headers["Cookie"] = nil
    }
    let becomesGET =
        switch head.status {
        case 303: request.method != "HEAD"
        case 301, 302: request.method == "POST"
        default: false
        }
    if becomesGET {
        next.method = "GET"
        next.body = .none
        next.headers["Content-Type"] = nil
        next.headers["Content-Range"] = nil
    }
    return next
}
