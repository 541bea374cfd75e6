import Text

/// A resumable upload between its first request and its end: which bytes are kept, what a request may do. No I/O here.
struct UploadSession: Sendable, Equatable {
    /// Every chunk but the last is a multiple of this.
    static let granularity = 262_144

    /// What the object will be.
    struct Target: Sendable, Equatable {
        let bucket: String
        let name: String
        let fields: JSONObject
        /// Checksums that the client announced for the whole object.
        var announced: AnnouncedHashes
        let conditions: StorageConditions
        /// What whoever began the upload is told when it would replace an object; nil when that is allowed.
        var replaceDenial: String?
    }

    enum State: Sendable, Equatable {
        case open
        case complete(StoredObject)
        case cancelled
    }

    /// What to do with a request on the session.
    enum Step: Equatable {
        /// Skip `skip` bytes of the body and append the rest; it ends the object when `isLast`.
        case receive(skip: Int, count: Int, isLast: Bool)
        /// The object is all there: commit it.
        case finish
        /// 308 with what is kept.
        case report
        /// Completed before: the object again.
        case repeatAnswer(StoredObject)
        /// Refuse with a status and a sentence.
        case refuse(Int, String)
    }

    let target: Target
    let part: String
    var total: Int?
    var kept = 0
    var state = State.open
    /// A request is being worked on.
    var isBusy = false

    /// Decides about a PUT with this range (nil: the whole object in one request) and body length (nil: unknown).
    mutating func put(_ range: ContentRange?, length: Int?) -> Step {
        switch state {
        case .complete(let object): return .repeatAnswer(object)
        case .cancelled: return .refuse(410, "The upload was cancelled.")
        case .open: break
        }
        switch range {
        case nil:
            guard let length else { return .refuse(411, "A Content-Length or Content-Range is needed.") }
            return receive(first: 0, count: length, total: length)
        case .status(let asked):
            if let length, length > 0 { return .refuse(400, "A body, where Content-Range names no bytes.") }
            if let problem = agree(on: asked) { return problem }
            return asked == kept ? .finish : .report
        case .bytes(let bytes, let asked):
            if let length, length != bytes.count {
                return .refuse(400, "Content-Range names \(bytes.count) bytes, Content-Length \(length).")
            }
            return receive(first: bytes.lowerBound, count: bytes.count, total: asked)
        }
    }

    private mutating func receive(first: Int, count: Int, total asked: Int?) -> Step {
        if let problem = agree(on: asked) { return problem }
        let end = first + count
        let isLast = asked == end
        if !isLast && count % Self.granularity != 0 {
            return .refuse(400, "A chunk that is not the last must be a multiple of 262144 bytes, not \(count).")
        }
        guard first <= kept else {
            return .refuse(400, "The chunk starts at \(first), but only \(kept) bytes are kept.")
        }
        return .receive(skip: min(kept - first, count), count: count, isLast: isLast)
    }

    private mutating func agree(on asked: Int?) -> Step? {
        guard let asked else { return nil }
        if let total, total != asked { return .refuse(400, "The total was \(total) before, now it is \(asked).") }
        if asked < kept { return .refuse(400, "The total is \(asked), but \(kept) bytes are kept.") }
        total = asked
        return nil
    }

    /// How much stays of `kept` plus `received` bytes when a chunk broke off: whole units of 256 KiB.
    static func keptAfterBreak(kept: Int, received: Int) -> Int {
        max(kept, (kept + received) / granularity * granularity)
    }
}

/// Checksums that a client sent along, to be compared at the end.
struct AnnouncedHashes: Sendable, Equatable {
    var crc32c: [String] = []
    var md5: [String] = []

    /// Reads `crc32c` and `md5Hash` of an object resource, and headers `X-Goog-Hash` and `Content-MD5`.
    init(metadata: JSONValue?, headers: ServedHeaders) {
        if let value = metadata?["crc32c"]?.string { crc32c.append(value) }
        if let value = metadata?["md5Hash"]?.string { md5.append(value) }
        if let value = headers["Content-MD5"] { md5.append(value) }
        for field in headers.fields where field.name.lowercased() == "x-goog-hash" {
            for entry in field.value.split(separator: ",") {
                let parts = trimmed(entry).split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                if parts[0] == "crc32c" { crc32c.append(String(parts[1])) }
                if parts[0] == "md5" { md5.append(String(parts[1])) }
            }
        }
    }

    mutating func add(_ other: AnnouncedHashes) {
        crc32c += other.crc32c
        md5 += other.md5
    }

    /// Throws 400 when one of them is not the object's.
    func check(_ digests: FileDigests) throws {
        for value in crc32c where value != digests.crc32c {
            throw Refusal.invalid("Provided CRC32C \"\(value)\" doesn't match calculated CRC32C \"\(digests.crc32c)\".")
        }
        for value in md5 where value != digests.md5 {
            throw Refusal.invalid(
                "Provided MD5 hash \"\(value)\" doesn't match calculated MD5 hash \"\(digests.md5)\"."
            )
        }
    }
}
