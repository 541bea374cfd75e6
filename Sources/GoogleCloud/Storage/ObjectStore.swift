/// One object as its store describes it.
public struct ObjectInfo: Sendable, Equatable {
    /// The full name within the store, `/`-separated.
    public var name: String
    /// Bytes.
    public var size: Int64
    /// CRC-32C (Castagnoli) of the content; nil where it is not told, as in listings of buckets that encrypt with a key of
    /// the customer's.
    public var crc32c: UInt32?
    /// Changes with each new content; never 0 for an object that exists.
    public var generation: Int64
    /// Changes with each metadata patch of one generation.
    public var metageneration: Int64
    public var contentType: String
    /// When this generation was written, RFC 3339.
    public var updated: String
    public var metadata: [String: String]

    public init(
        name: String,
        size: Int64,
        crc32c: UInt32?,
        generation: Int64,
        metageneration: Int64 = 1,
        contentType: String = "application/octet-stream",
        updated: String = "",
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.size = size
        self.crc32c = crc32c
        self.generation = generation
        self.metageneration = metageneration
        self.contentType = contentType
        self.updated = updated
        self.metadata = metadata
    }
}

/// What must hold for a write or delete to be carried out.
public enum Precondition: Sendable, Equatable {
    /// Whatever is there is replaced.
    case none
    /// Nothing of that name may exist (`ifGenerationMatch=0`).
    case absent
    /// What is there must still be this generation (`ifGenerationMatch=G`).
    case generation(Int64)
}

/// How an object is to be written.
public struct PutOptions: Sendable {
    public var contentType: String
    /// Custom metadata, known when the write begins.
    public var metadata: [String: String]
    public var precondition: Precondition

    public init(
        contentType: String = "application/octet-stream",
        metadata: [String: String] = [:],
        precondition: Precondition = .none
    ) {
        self.contentType = contentType
        self.metadata = metadata
        self.precondition = precondition
    }
}

/// One page of a listing.
public struct ObjectPage: Sendable {
    /// Objects, sorted by name.
    public var objects: [ObjectInfo]
    /// With a delimiter: the common prefixes, each ending in it.
    public var prefixes: [String]
    /// What to ask the next page with; nil ends the listing.
    public var nextPageToken: String?

    public init(objects: [ObjectInfo], prefixes: [String], nextPageToken: String?) {
        self.objects = objects
        self.prefixes = prefixes
        self.nextPageToken = nextPageToken
    }
}

/// A write in progress. Nothing stands under the final name before `finish` returns. One caller at a time.
public protocol ObjectUpload: AnyObject, Sendable {
    /// Takes the next bytes, any amount; returns when the upload is ready for more, so memory stays bounded.
    func write(_ bytes: [UInt8]) async throws

    /// Bytes written so far, and their CRC-32C.
    var content: (size: Int64, crc32c: UInt32) { get async }

    /// Ends the object, adds `metadata` to what was given at the start, and checks size and CRC-32C against the store's answer.
    func finish(adding metadata: [String: String]) async throws -> ObjectInfo

    /// Drops what was written; nothing of it stays visible. Harmless after `finish` or a failed `write`.
    func abort() async
}

/// A place for objects: a Google Cloud Storage bucket, a local directory, or memory. Errors are `StorageError`.
public protocol ObjectStore: Sendable {
    /// How people name the place: `gs://bucket`, `/dir`, `memory`.
    var location: String { get }

    /// Writes a small object in one go. Atomic; checked by CRC-32C.
    func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo

    /// Begins an object of unknown length.
    func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload

    /// The content, or the part of it in `range` (cut at the object's end). A whole read is checked by CRC-32C.
    func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8]

    /// The description, nil when there is no such object.
    func info(_ name: String) async throws -> ObjectInfo?

    /// One page of the objects whose names begin with `prefix`, sorted; at most 1,000.
    func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage

    /// Sets these keys of the custom metadata (nil removes one) if the object is still `generation`.
    func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo

    /// Deletes the object; false when there was none.
    @discardableResult
    func delete(_ name: String, precondition: Precondition) async throws -> Bool
}

extension ObjectStore {
    /// All objects whose names begin with `prefix`, page after page.
    public func listAll(prefix: String) async throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        var token: String?
        repeat {
            let page = try await list(prefix: prefix, delimiter: nil, pageToken: token)
            found += page.objects
            token = page.nextPageToken
        } while token != nil
        return found
    }

    /// The objects with the checksums that their listing left out, each asked for by itself; what is gone meanwhile is left
    /// out. A listing with checksums costs no request. Throws `StorageError`.
    public func withChecksums(_ objects: [ObjectInfo]) async throws -> [ObjectInfo] {
        guard objects.contains(where: { $0.crc32c == nil }) else { return objects }
        return try await withThrowingTaskGroup(of: (Int, ObjectInfo?).self) { group in
            var found: [Int: ObjectInfo] = [:]
            var waiting = objects.enumerated().makeIterator()
            func startNext() {
                guard let (index, object) = waiting.next() else { return }
                group.addTask { (index, object.crc32c == nil ? try await info(object.name) : object) }
            }
            for _ in 0..<32 { startNext() }
            while let (index, object) = try await group.next() {
                found[index] = object
                startNext()
            }
            return objects.indices.compactMap { found[$0] }
        }
    }
}
