import Text

/// Which requests go wrong, and how.
public struct FaultRule: Sendable, Equatable {
    /// Name of the service, nil for all.
    public var service: String?
    /// Verb, nil for all.
    public var method: String?
    /// A glob if it has `*` or `?`, otherwise a part of the request's target (path and query); nil for all.
    public var path: String?
    /// Name of the VM that asks, or the address that the request comes from; a glob, nil for all.
    public var client: String?
    /// Only until so many milliseconds after the first matching request of each client; nil for always.
    public var windowMilliseconds: Int?
    /// Which of the matching requests, counted from 1.
    public var nth: ClosedRange<Int> = 1...Int.max
    /// Share of the matching requests, 0 to 1.
    public var probability = 1.0
    public var seed: UInt64 = 1
    public var fault = Fault()

    /// A rule for every request that does nothing, to be filled in.
    public init() {}

    /// Parses the text form; throws `SandboxError` naming the word that is wrong.
    public init(parsing text: String) throws {
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, try apply(name: String(parts[0]), value: String(parts[1])) else {
                throw SandboxError("fault rule \"\(text)\": \"\(word)\" is not understood")
            }
        }
        guard fault != Fault() else { throw SandboxError("fault rule \"\(text)\" names no action") }
    }

    /// The rule's words, for help texts.
    public static let syntax = """
        A rule is one line of NAME=VALUE words. Which requests (all that are given must fit):
          service=NAME (gcs, tardis, wasabi, compute …)   method=GET   path=TEXT (a part of path and query, or a glob with * and ?)
            (wasabi serves the bodies of all days but the first of a month; tardis only redirects there)
          from=NAME                   of this VM (metadata, tardis, wasabi) or from this address; a glob with * and ?
          nth=N, nth=N-M or nth=N-    only these of the fitting requests, counted from 1
          for=TIME                    only until so long after the first fitting one of each VM or address: 20s, 500ms, 2m
          probability=0.1 seed=7      only this share of them, chosen by the seed
        What happens (may be combined):
          latency=MS                  wait before the request is worked on
          bandwidth=BYTES             send the body at so many bytes a second (K, M)
          status=CODE                 answer this instead (520 is Cloudflare's); with message=TEXT, code=TARDIS-CODE,
                                        reason=WORD (Google's, or S3's of wasabi), location=URL,
          retry-after=TEXT              the header as it is, and retryAfterSeconds of Tardis's body if it is a number
                                        (0, -1, 1e30, a date); retry-after-header= and retry-after-seconds= for one alone,
          body=html or body=TEXT        the page of Cloudflare or of Google's front end, or this text, in place of JSON
                                        (in texts + is a blank and %2B a plus)
          cut=BYTES                   close the connection after so many bytes of the body
          length=+N or length=-N      announce a wrong Content-Length
          corrupt=OFFSET              invert the body's byte at this offset
          stall=MS or stall=forever   stop sending, at=BYTES into the body (0)
          reset=before                reset the connection before the request is worked on
          reset=after                 reset it when the work is done: the lost answer
          break=BYTES                 reset it when so many bytes of the request's body have been read
          keep=BYTES                  a resumable upload keeps only so many bytes of the chunk
        Examples: service=tardis path=*/trades/* nth=1-2 status=429 retry-after=2
                  service=tardis nth=1 status=521 body=html
                  service=wasabi nth=1 status=403 reason=AccessDenied message=Request+has+expired
                  service=metadata from=tick-data-vm-0 status=503 for=20s
        """

    private mutating func apply(name: String, value: String) throws -> Bool {
        switch name {
        case "service": service = value
        case "method": method = value.uppercased()
        case "path": path = value
        case "nth":
            let parts = value.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = Int(parts[0]), first > 0 else { return false }
            let last = parts.count == 1 ? first : parts[1].isEmpty ? Int.max : Int(parts[1])
            guard let last, last >= first else { return false }
            nth = first...last
        case "probability":
            guard let share = Double(value), (0...1).contains(share) else { return false }
            probability = share
        case "seed":
            guard let number = UInt64(value) else { return false }
            seed = number
        case "message": fault.message = percentDecoded(value, plusIsBlank: true)
        case "reason": fault.reason = value
        case "from": client = value
        case "for":
            guard let window = parseMilliseconds(value) else { return false }
            windowMilliseconds = window
        case "retry-after", "retry-after-header", "retry-after-seconds":
            guard let text = percentDecoded(value, plusIsBlank: true) else { return false }
            let number = (try? JSONValue(parsing: text)).flatMap { $0.double == nil ? nil : $0 }
            if name == "retry-after-seconds", number == nil { return false }
            if name != "retry-after-seconds" { fault.retryAfterHeader = text }
            if name != "retry-after-header" { fault.retryAfterSeconds = number }
        case "body":
            guard let text = percentDecoded(value, plusIsBlank: true) else { return false }
            fault.body = text == "html" ? .html : .text(text)
        case "location":
            guard let text = percentDecoded(value) else { return false }
            fault.location = text
        case "reset":
            guard value == "before" || value == "after" else { return false }
            fault.reset = value == "before" ? .before : .after
        case "stall" where value == "forever": fault.stall = .forever
        default: return applyNumber(name: name, value: value)
        }
        return true
    }

    private mutating func applyNumber(name: String, value: String) -> Bool {
        guard let number = parseByteCount(value), number >= 0 || name == "length" else { return false }
        switch name {
        case "latency": fault.latencyMilliseconds = number
        case "bandwidth": fault.bandwidth = number
        case "status":
            guard (200...599).contains(number) else { return false }
            fault.status = number
        case "code": fault.code = number
        case "cut": fault.cutAfter = number
        case "length": fault.lengthDelta = number
        case "corrupt": fault.corruptAt = number
        case "stall": fault.stall = .milliseconds(number)
        case "at": fault.stallAt = number
        case "break": fault.breakAfter = number
        case "keep": fault.keepBytes = number
        default: return false
        }
        return true
    }
}

/// A time such as `500ms`, `20s`, `2m` or `20` (seconds) in milliseconds; nil when it is none.
public func parseMilliseconds(_ text: String) -> Int? {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("", 1_000)]
    guard let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
        let value = Double(text.dropLast(unit.count)), value >= 0, value < 1e9
    else { return nil }
    return Int(value * Double(factor))
}

/// A number of bytes with an optional K, M or G (powers of 1000); nil when it is none.
public func parseByteCount(_ text: String) -> Int? {
    let units: [Character: Int] = ["K": 1_000, "M": 1_000_000, "G": 1_000_000_000]
    guard let last = text.last, let unit = units[Character(last.uppercased())] else { return Int(text) }
    guard let value = Double(text.dropLast()), value.magnitude < 1e9 else { return nil }
    return Int(value * Double(unit))
}
