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
/// RFC 9110, 10.2.3: whole seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (the obsolete forms are not read).
/// `now` is in seconds since 1970.
public func retryAfter(_ value: String, now: Int64) -> Duration? {
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        // More digits than an Int64 holds are a long time, too.
        return .fromOutside(seconds: Int64(value).map(Double.init) ?? .infinity)
    }
    guard let moment = secondsSince1970(ofHTTPDate: value) else { return nil }
    let (wait, overflow) = moment.subtractingReportingOverflow(now)
    return overflow ? nil : .fromOutside(seconds: Double(wait))
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/// Seconds since 1970 of a date as HTTP headers have it (RFC 9110, 5.6.7; the obsolete forms are not read).
public func secondsSince1970(ofHTTPDate text: String) -> Int64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), (1...31).contains(day),
        let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
    else { return nil }
    // Days by a calendar whose year begins in March, so that the leap day is the last one.
    let shifted = month >= 2 ? year : year - 1
    let dayOfYear = (153 * ((Int64(month) + 10) % 12) + 2) / 5 + day - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]
}
