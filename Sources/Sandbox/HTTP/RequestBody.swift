/// A request's body as a stream; nothing more than one piece of it is in memory.
public final class RequestBody {
    private enum Framing { case none, length(Int), chunked(left: Int) }

    private let channel: Channel
    private var framing: Framing
    private var continueIsDue: Bool
    private let breakAfter: Int?
    /// The announced length, nil for a chunked body.
    public let declaredLength: Int?
    /// Bytes handed out so far.
    public private(set) var received = 0

    init(channel: Channel, headers: ServedHeaders, breakAfter: Int? = nil) throws {
        self.channel = channel
        self.breakAfter = breakAfter
        continueIsDue = headers["Expect"]?.lowercased() == "100-continue"
        let lengths = headers.fields.filter { $0.name.lowercased() == "content-length" }
        if let coding = headers["Transfer-Encoding"] {
            guard coding.lowercased() == "chunked", lengths.isEmpty else {
                throw BadRequest(status: 400, message: "Transfer-Encoding \(coding) with or without Content-Length")
            }
            framing = .chunked(left: 0)
            declaredLength = nil
        } else if let text = lengths.first?.value {
            guard lengths.count == 1, text.utf8.allSatisfy(isDigit), let length = Int(text) else {
                throw BadRequest(status: 400, message: "Content-Length is no number")
            }
            framing = length == 0 ? .none : .length(length)
            declaredLength = length
        } else {
            framing = .none
            declaredLength = 0
        }
    }

    /// Whether the client still waits for `100 Continue` and has sent no body.
    var isUntouched: Bool { continueIsDue }

    /// The next piece of at most `count` bytes; nil at the end. Throws when the connection breaks before it.
    public func read(upTo count: Int = 65_536) throws -> [UInt8]? {
        if continueIsDue {
            continueIsDue = false
            if case .none = framing {} else { try channel.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        }
        if case .chunked(0) = framing { try nextChunk() }
        let left: Int
        switch framing {
        case .none: return nil
        case .length(let rest), .chunked(let rest): left = rest
        }
        if let breakAfter, received >= breakAfter {
            channel.resetOnClose()
            throw ConnectionEnded()
        }
        let allowed = min(count, left, (breakAfter ?? Int.max) - received)
        guard let piece = try channel.read(upTo: allowed) else { throw ConnectionEnded() }
        received += piece.count
        switch framing {
        case .none: break
        case .length: framing = left == piece.count ? .none : .length(left - piece.count)
        case .chunked:
            framing = .chunked(left: left - piece.count)
            if left == piece.count, try channel.readLine(limit: 2) != "" { throw ConnectionEnded() }
        }
        return piece
    }

    /// The whole body, for small documents; a larger one is refused with 413.
    public func readAll(limit: Int = 4 << 20) throws -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try read() {
            all += piece
            if all.count > limit { throw BadRequest(status: 413, message: "the body is larger than \(limit) bytes") }
        }
        return all
    }

    /// Reads and forgets what is left.
    func drain() throws {
        while try read() != nil {}
    }

    private func nextChunk() throws {
        guard let line = try channel.readLine(limit: 100) else { throw ConnectionEnded() }
        let digits = line.prefix { $0 != ";" }
        guard let size = Int(digits, radix: 16), size >= 0 else {
            throw BadRequest(status: 400, message: "a chunk size is no hexadecimal number")
        }
        if size > 0 {
            framing = .chunked(left: size)
        } else {
            while let trailer = try channel.readLine(limit: 8_192), !trailer.isEmpty {}
            framing = .none
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
