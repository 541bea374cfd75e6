/// The life cycle of one Cloud Storage upload of unknown length, without I/O: event in, action out.
///
/// Bytes are collected up to one chunk. What ends within the first chunk is sent in one request; otherwise a session is
/// opened, and a full chunk is sent only once it is known that more comes, so that the last request never is empty.
/// A chunk stays here until the server has said that it keeps it (which may be less than was sent).
/// See https://cloud.google.com/storage/docs/performing-resumable-uploads.
struct ResumableUpload {
    enum Event: Equatable {
        /// The session is open.
        case opened
        /// 308: the server keeps the bytes before this one.
        case kept(upTo: Int64)
        /// 200 or 201: the object is complete.
        case complete
        /// 412: the precondition does not hold.
        case conflict
        /// 404 or 410: there is no such session.
        case gone
        /// No whole answer, or one that asks to come again (408, 429, 5xx).
        case interrupted
        /// The pause is over.
        case resumed
    }

    enum Action: Equatable {
        /// Nothing: wait for more bytes or the end.
        case takeMore
        /// Send everything in one request, without a session.
        case sendWhole
        case open
        /// Send these bytes; with the total they are the last ones.
        case send(Range<Int64>, total: Int64?)
        /// Ask how much the server keeps.
        case query(total: Int64?)
        /// Wait a while, or give up.
        case pause
        /// The object is there.
        case finished
        /// See whether what stands under the name is this upload's own work, whose answer was lost.
        case compare(otherwise: Failure)
        case fail(Failure)
    }

    /// Why an upload cannot go on.
    enum Failure: Equatable {
        case conflict
        /// The session is gone, or the server has forgotten bytes that are no longer here.
        case lost
        /// The server says what cannot be: it keeps bytes that were never sent, or is complete before the end.
        case contradiction
    }

    /// The size of a chunk, a multiple of 256 KiB.
    let chunkBytes: Int
    /// The position of the first byte that is held here; everything before it is kept by the server.
    private(set) var base: Int64 = 0

    private var held: [UInt8] = []
    private var sentEnd: Int64 = 0
    private var hasEnded = false
    private var lastIsSent = false
    private var lastIsUncertain = false
    private var afterPause = Action.query(total: nil)
    private var sessionIsOpen = false
    private var isAsking = false

    init(chunkBytes: Int) {
        self.chunkBytes = chunkBytes
    }

    /// Whether a chunk is full, so that `flush` must be carried out before more is taken.
    var isFull: Bool { held.count == chunkBytes }

    /// All bytes taken so far.
    var total: Int64 { base + Int64(held.count) }

    /// The bytes of a part that is held here.
    func bytes(_ range: Range<Int64>) -> ArraySlice<UInt8> {
        held[Int(range.lowerBound - base)..<Int(range.upperBound - base)]
    }

    /// Takes bytes until the chunk is full; the number of those taken.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = min(bytes.count, chunkBytes - held.count)
        held += bytes.prefix(count)
        return count
    }

    /// The chunk is full and more bytes come.
    mutating func flush() -> Action {
        sessionIsOpen ? next() : .open
    }

    /// No more bytes come.
    mutating func end() -> Action {
        hasEnded = true
        return sessionIsOpen ? next() : .sendWhole
    }

    mutating func handle(_ event: Event) -> Action {
        let wasAsking = isAsking
        isAsking = false
        switch event {
        case .opened:
            sessionIsOpen = true
            return next()
        case .kept(let end):
            return keep(upTo: end, wasAsking: wasAsking)
        case .complete:
            return lastIsSent ? .finished : .fail(.contradiction)
        case .conflict:
            return lastIsUncertain ? .compare(otherwise: .conflict) : .fail(.conflict)
        case .gone:
            if lastIsSent { return .compare(otherwise: .lost) }
            guard base == 0 else { return .fail(.lost) }
            sessionIsOpen = false
            afterPause = .open
            return .pause
        case .interrupted:
            lastIsUncertain = lastIsSent
            return pauseAndAsk()
        case .resumed:
            if case .query = afterPause { isAsking = true }
            return afterPause
        }
    }

    private mutating func keep(upTo end: Int64, wasAsking: Bool) -> Action {
        guard end >= base else { return .fail(.lost) }
        guard end <= sentEnd else { return .fail(.contradiction) }
        let progress = Int(end - base)
        held.removeFirst(progress)
        base = end
        // Without this, a server that keeps nothing would be sent the same chunk for ever without a pause.
        return progress > 0 || wasAsking ? next() : pauseAndAsk()
    }

    private mutating func next() -> Action {
        if hasEnded {
            // All bytes are there and yet it is not complete: asking with the total makes it so.
            if held.isEmpty { return pauseAndAsk() }
            lastIsSent = true
            sentEnd = total
            return .send(base..<total, total: total)
        }
        guard isFull else { return .takeMore }
        sentEnd = max(sentEnd, total)
        return .send(base..<total, total: nil)
    }

    private mutating func pauseAndAsk() -> Action {
        afterPause = .query(total: lastIsSent ? total : nil)
        return .pause
    }
}
