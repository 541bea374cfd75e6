import Synchronization
import Text
public import Transport

/// Objects in memory, for tests and dry runs. Follows the rules of Cloud Storage for generations and preconditions.
public final class MemoryStore: ObjectStore {
    private struct Entry {
        var info: ObjectInfo
        let bytes: [UInt8]
    }
    private let state = Mutex((objects: [String: Entry](), lastGeneration: Int64(0)))

    private let clock: ToolClock

    public init(clock: ToolClock = .system) {
        self.clock = clock
    }

    /// `memory`
    public var location: String { "memory" }

    public func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo {
        let operation = "write \(name)"
        try checkObjectName(name, operation: operation)
        return try state.withLock { state throws(StorageError) in
            let there = state.objects[name]?.info.generation
            try options.precondition.check(there, operation: operation)
            state.lastGeneration += 1
            let info = ObjectInfo(
                name: name,
                size: Int64(bytes.count),
                crc32c: CRC32C.of(bytes),
                generation: state.lastGeneration,
                contentType: options.contentType,
                updated: CivilTime.rfc3339(epochMicroseconds: clock.epochMicroseconds()),
                metadata: options.metadata
            )
            state.objects[name] = Entry(info: info, bytes: bytes)
            return info
        }
    }

    /// Begins an object that is collected in memory.
    public func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload {
        try checkObjectName(name, operation: "begin upload of \(name)")
        return MemoryUpload(store: self, name: name, options: options)
    }

    public func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8] {
        guard let entry = state.withLock({ $0.objects[name] }) else {
            throw StorageError(.notFound, operation: "read \(name)", detail: "there is no such object")
        }
        guard let range else { return entry.bytes }
        return Array(entry.bytes[range.clamped(toSize: entry.bytes.count)])
    }

    public func info(_ name: String) async throws -> ObjectInfo? {
        state.withLock { $0.objects[name]?.info }
    }

    public func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage {
        let objects = state.withLock { $0.objects }
        let page = ListingPage(of: Array(objects.keys), prefix: prefix, delimiter: delimiter, pageToken: pageToken)
        return ObjectPage(
            objects: page.names.compactMap { objects[$0]?.info },
            prefixes: page.prefixes,
            nextPageToken: page.nextPageToken
        )
    }

    public func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo {
        let operation = "change metadata of \(name)"
        return try state.withLock { state throws(StorageError) in
            guard var info = state.objects[name]?.info else {
                throw StorageError(.notFound, operation: operation, detail: "there is no such object")
            }
            try Precondition.generation(generation).check(info.generation, operation: operation)
            info.apply(metadata)
            state.objects[name]?.info = info
            return info
        }
    }

    /// Deletes an object.
    @discardableResult
    public func delete(_ name: String, precondition: Precondition) async throws -> Bool {
        try state.withLock { state throws(StorageError) in
            guard let there = state.objects[name]?.info.generation else { return false }
            try precondition.check(there, operation: "delete \(name)")
            state.objects[name] = nil
            return true
        }
    }
}

/// An object that is being collected.
private final class MemoryUpload: ObjectUpload {
    private let store: MemoryStore
    private let name: String
    private let options: PutOptions
    private let collected = Mutex<[UInt8]?>([])

    init(store: MemoryStore, name: String, options: PutOptions) {
        self.store = store
        self.name = name
        self.options = options
    }

    func write(_ bytes: [UInt8]) async throws {
        try collected.withLock { collected throws(StorageError) in
            guard collected != nil else { throw StorageError.uploadHasEnded(name) }
            collected?.append(contentsOf: bytes)
        }
    }

    var content: (size: Int64, crc32c: UInt32) {
        collected.withLock { (Int64($0?.count ?? 0), CRC32C.of($0 ?? [])) }
    }

    func finish(adding metadata: [String: String]) async throws -> ObjectInfo {
        guard let bytes = collected.withLock({ $0.take() }) else { throw StorageError.uploadHasEnded(name) }
        return try await store.put(name, bytes, options: options.adding(metadata))
    }

    func abort() async {
        collected.withLock { $0 = nil }
    }
}
