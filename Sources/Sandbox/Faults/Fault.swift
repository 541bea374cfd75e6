public import Text

/// What goes wrong with one request; everything is optional and combines.
public struct Fault: Sendable, Equatable {
    /// When a connection is reset.
    public enum Reset: Sendable, Equatable {
        /// Before the service sees the request.
        case before
        /// After the service has done its work: the answer is lost.
        case after
    }

    /// How long the answer's body stops.
    public enum Stall: Sendable, Equatable {
        /// Until the client gives up.
        case forever
        /// For so many milliseconds.
        case milliseconds(Int)
    }

    /// The body of an answer that does not come from the service itself.
    public enum Body: Sendable, Equatable {
        /// The page of what stands before the service: of Cloudflare, or of Google's front end.
        case html
        case text(String)
    }

    /// Delay before the request is worked on.
    public var latencyMilliseconds: Int?
    /// Bytes a second at which the answer's body is sent.
    public var bandwidth: Int?
    /// Answer with this status instead of asking the service.
    public var status: Int?
    /// `Retry-After` of that answer, as it is.
    public var retryAfterHeader: String?
    /// `retryAfterSeconds` in Tardis's body of that answer; any number, as services have sent odd ones.
    public var retryAfterSeconds: JSONValue?
    /// Tardis's `code` in that answer's body.
    public var code: Int?
    /// Google's reason word in that answer's body, such as `rateLimitExceeded`; nil for the usual one of the status.
    public var reason: String?
    /// The message in that answer's body.
    public var message: String?
    /// That answer's body, where it is not the service's own.
    public var body: Body?
    /// `Location` of that answer.
    public var location: String?
    /// Close the connection after so many bytes of the body.
    public var cutAfter: Int?
    public var lengthDelta: Int?
    /// Invert the body's byte at this offset.
    public var corruptAt: Int?
    public var stall: Stall?
    /// Where in the body the stall is, in bytes; 0 is right after the head.
    public var stallAt = 0
    public var reset: Reset?
    /// Reset the connection when so many bytes of the request's body have been read.
    public var breakAfter: Int?
    /// A resumable upload keeps only so many bytes of the chunk (rounded down to 256 KiB).
    public var keepBytes: Int?

    public init() {}

    var endsConnection: Bool { cutAfter != nil || lengthDelta != nil }
}

/// Sends a body with the fault's cuts, stalls and speed.
struct FaultyBodySender {
    let channel: Channel
    let fault: Fault?
    private var sent = 0

    init(channel: Channel, fault: Fault?) {
        self.channel = channel
        self.fault = fault
    }

    mutating func send(_ piece: [UInt8]) throws {
        guard let fault else { return try channel.write(piece) }
        var bytes = piece
        if let offset = fault.corruptAt, offset >= sent, offset < sent + bytes.count { bytes[offset - sent] ^= 0xFF }
        var rest = bytes[...]
        while !rest.isEmpty {
            if let stall = fault.stall, sent == fault.stallAt {
                switch stall {
                case .forever: try channel.pause(milliseconds: nil)
                case .milliseconds(let delay): try channel.pause(milliseconds: delay)
                }
            }
            var count = rest.count
            if fault.stall != nil, sent < fault.stallAt { count = min(count, fault.stallAt - sent) }
            if let bandwidth = fault.bandwidth { count = min(count, max(1, bandwidth / 20)) }
            if let cut = fault.cutAfter { count = min(count, cut - sent) }
            guard count > 0 else { throw ConnectionEnded() }
            try channel.write(rest.prefix(count))
            rest = rest.dropFirst(count)
            sent += count
            if let bandwidth = fault.bandwidth { try channel.pause(milliseconds: count * 1_000 / max(1, bandwidth)) }
        }
    }
}
