import CLibcurl

extension Duration {
    /// The longest time that another side may make us wait or believe in: 30 days.
    public static let longestFromOutside = Duration.seconds(30 * 86_400)

    /// A number of seconds that another side named, clamped to zero and `most`: negative ones and what is no number are
    /// zero. Every such number passes through here before it is calculated with.
    public static func fromOutside(seconds: Double, most: Duration = longestFromOutside) -> Duration {
        guard seconds > 0 else { return .zero }
        return seconds < most / .seconds(1) ? .seconds(seconds) : most
    }
}

/// The value of a `Retry-After` header as a time to wait, nil when it is malformed; a date that is past is zero, and nothing
/// is longer than 30 days.
///
/// RFC 9110, 10.2.3: whole seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`. Not by `CURLINFO_RETRY_AFTER`, for which
/// "0", what is malformed and no header at all are the same. `now` is in seconds since 1970.
public func retryAfter(_ value: String, now: Int64) -> Duration? {
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        // More digits than an Int64 holds are a long time, too.
        return .fromOutside(seconds: Int64(value).map(Double.init) ?? .infinity)
    }
    return secondsSince1970(ofHTTPDate: value).map { .fromOutside(seconds: Double($0) - Double(now)) }
}

/// Seconds since 1970 of a date as HTTP headers have it (RFC 9110, 5.6.7, the obsolete forms too); nil for what is none.
public func secondsSince1970(ofHTTPDate text: String) -> Int64? {
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Int64(seconds)
}
