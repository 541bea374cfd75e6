import Glibc
import Synchronization
import Text

/// Buckets and objects on disk: bytes under `BUCKET/NAME`, what is known about them under `.sandbox`.
///
/// Names that are no good file names (empty parts, `..`, a file where a folder is needed) keep their bytes under
/// `.sandbox/data`. Both files are put in place by rename, so a reader or a restart never sees half an object.
final class StorageDirectory: Sendable {
    struct Bucket: Sendable {
        var resource: JSONObject
        var objects: [ObjectName: StoredObject] = [:]
    }

    private struct State {
        var buckets: [String: Bucket] = [:]
        var lastGeneration = 0
    }

    let root: String
    private let state: Mutex<State>

    /// Opens a store, making its directory when there is none.
    init(root: String) throws {
        self.root = root
        Files.removeTree("\(root)/.sandbox/parts")
        for folder in ["buckets", "parts"] { try Files.makeDirectory("\(root)/.sandbox/\(folder)") }
        state = Mutex(try Self.load(root))
    }

    private static func load(_ root: String) throws -> State {
        var state = State()
        for file in Files.list("\(root)/.sandbox/buckets") where file.hasSuffix(".json") {
            let resource = try JSONValue(parsing: Files.read("\(root)/.sandbox/buckets/\(file)"))
            let name = String(file.dropLast(5))
            var bucket = Bucket(resource: resource.object ?? [:])
            for file in Files.list("\(root)/.sandbox/objects/\(name)") where file.hasSuffix(".json") {
                let record = try JSONValue(parsing: Files.read("\(root)/.sandbox/objects/\(name)/\(file)"))
                guard let object = StoredObject(record: record),
                    let bytes = try? OpenFile(path: "\(root)/\(object.file)"), bytes.size == object.size
                else { continue }  // the sandbox was killed between the two renames
                bucket.objects[ObjectName(object.name)] = object
                state.lastGeneration = max(state.lastGeneration, object.generation)
            }
            state.buckets[name] = bucket
        }
        return state
    }

    // MARK: buckets

    func bucket(_ name: String) throws -> JSONObject {
        guard let bucket = state.withLock({ $0.buckets[name] }) else { throw Refusal.notFound(bucket: name) }
        return bucket.resource
    }

    /// A bucket with its objects; nil when there is none of this name.
    func bucketState(_ name: String) -> Bucket? { state.withLock { $0.buckets[name] } }

    func buckets() -> [JSONObject] {
        state.withLock { state in
            state.buckets.sorted { ObjectName($0.key) < ObjectName($1.key) }.map(\.value.resource)
        }
    }

    func insertBucket(_ name: String, _ resource: JSONObject) throws {
        try state.withLock { state in
            guard state.buckets[name] == nil else {
                throw Refusal.google(409, "conflict", "The bucket \(name) already exists and you own it.")
            }
            try Files.replace("\(root)/.sandbox/buckets/\(name).json", with: JSONValue.object(resource).text())
            state.buckets[name] = Bucket(resource: resource)
        }
    }

    func deleteBucket(_ name: String) throws {
        try state.withLock { state in
            guard let bucket = state.buckets[name] else { throw Refusal.notFound(bucket: name) }
            guard bucket.objects.isEmpty else {
                throw Refusal.google(409, "conflict", "The bucket \(name) is not empty.")
            }
            unlink("\(root)/.sandbox/buckets/\(name).json")
            Files.removeTree("\(root)/\(name)")
            state.buckets[name] = nil
        }
    }

    // MARK: objects

    /// The live object; `generation` must be its own if given.
    func object(_ name: String, in bucket: String, generation: Int? = nil) throws -> StoredObject {
        try state.withLock { try Self.object(name, in: bucket, generation: generation, $0) }
    }

    /// The live object if there is one; throws when the bucket does not exist.
    func liveObject(_ name: String, in bucket: String) throws -> StoredObject? {
        try state.withLock { state in
            guard let found = state.buckets[bucket] else { throw Refusal.notFound(bucket: bucket) }
            return found.objects[ObjectName(name)]
        }
    }

    /// The live object together with its opened bytes, which stay readable when it is replaced or deleted.
    func open(_ name: String, in bucket: String, generation: Int?) throws -> (StoredObject, OpenFile) {
        try state.withLock { state in
            let object = try Self.object(name, in: bucket, generation: generation, state)
            return (object, try OpenFile(path: "\(root)/\(object.file)"))
        }
    }

    /// All objects of a bucket in the order of their names.
    func objects(in bucket: String) throws -> [StoredObject] {
        let found = try state.withLock { state in
            guard let found = state.buckets[bucket] else { throw Refusal.notFound(bucket: bucket) }
            return found.objects
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// A fresh file name for the bytes of an upload.
    func newPart() -> String { "\(root)/.sandbox/parts/\(UInt64.random(in: 0...UInt64.max))" }

    /// Makes the bytes of `part` the live object, if the conditions still hold. `replaceDenial` is for those who may only create.
    func commit(
        part: String,
        digests: FileDigests,
        name: String,
        bucket: String,
        fields: JSONObject,
        componentCount: Int? = nil,
        conditions: StorageConditions,
        replaceDenial: String? = nil
    ) throws -> StoredObject {
        try state.withLock { state in
            guard let found = state.buckets[bucket] else { throw Refusal.notFound(bucket: bucket) }
            let old = found.objects[ObjectName(name)]
            try conditions.check(old)
            try found.checkReplaceable(old)
            if old != nil, let replaceDenial { throw Refusal.google(403, "forbidden", replaceDenial) }
            let now = Clock.microseconds()
            state.lastGeneration = max(now, state.lastGeneration + 1)
            let object = StoredObject(
                bucket: bucket,
                name: name,
                generation: state.lastGeneration,
                size: digests.size,
                crc32c: digests.crc32c,
                md5Hash: componentCount == nil ? digests.md5 : nil,
                componentCount: componentCount,
                created: now,
                updated: now,
                fields: found.adding(to: fields),
                kmsKey: found.kmsKey,
                keptUntil: found.retentionSeconds.map { now + $0 * 1_000_000 },
                file: try old?.file ?? place(part: part, name: name, bucket: bucket)
            )
            if old != nil { try Files.rename(part, to: "\(root)/\(object.file)") }
            try save(object)
            state.buckets[bucket]?.objects[ObjectName(name)] = object
            return object
        }
    }

    /// Changes the metadata of the live object.
    func update(
        _ name: String,
        in bucket: String,
        generation: Int?,
        conditions: StorageConditions,
        _ change: (inout JSONObject) -> Void
    ) throws -> StoredObject {
        try state.withLock { state in
            var object = try Self.object(name, in: bucket, generation: generation, state)
            try conditions.check(object)
            change(&object.fields)
            object.metageneration += 1
            object.updated = Clock.microseconds()
            try save(object)
            state.buckets[bucket]?.objects[ObjectName(name)] = object
            return object
        }
    }

    func delete(_ name: String, in bucket: String, generation: Int?, conditions: StorageConditions) throws {
        try state.withLock { state in
            let object = try Self.object(name, in: bucket, generation: generation, state)
            try conditions.check(object)
            try state.buckets[bucket]?.checkReplaceable(object)
            unlink(try recordPath(object))
            unlink("\(root)/\(object.file)")
            state.buckets[bucket]?.objects[ObjectName(name)] = nil
            removeEmptyFolders(above: object.file)
        }
    }

    private static func object(_ name: String, in bucket: String, generation: Int?, _ state: State) throws
        -> StoredObject
    {
        guard let found = state.buckets[bucket] else { throw Refusal.notFound(bucket: bucket) }
        guard let object = found.objects[ObjectName(name)], generation == nil || generation == object.generation else {
            throw Refusal.notFound(object: name, bucket: bucket)
        }
        return object
    }

    /// Moves the bytes of a new object to a readable place, or to one by hash when the name is no good file name.
    private func place(part: String, name: String, bucket: String) throws -> String {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count < 200 && !part.utf8.contains(0)
        }
        if isPlain {
            let readable = "\(bucket)/\(name)"
            let folder = readable.dropLast((parts.last?.count ?? 0) + 1)
            if !Files.isDirectory("\(root)/\(readable)"), (try? Files.makeDirectory("\(root)/\(folder)")) != nil,
                (try? Files.rename(part, to: "\(root)/\(readable)")) != nil
            {
                return readable
            }
        }
        try Files.makeDirectory("\(root)/.sandbox/data/\(bucket)")
        let hashed = ".sandbox/data/\(bucket)/\(try sha256Hex(name))"
        try Files.rename(part, to: "\(root)/\(hashed)")
        return hashed
    }

    private func removeEmptyFolders(above file: String) {
        var path = file[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            guard path.contains("/"), rmdir("\(root)/\(path)") == 0 else { return }
        }
    }

    private func recordPath(_ object: StoredObject) throws -> String {
        "\(root)/.sandbox/objects/\(object.bucket)/\(try sha256Hex(object.name)).json"
    }

    private func save(_ object: StoredObject) throws {
        try Files.makeDirectory("\(root)/.sandbox/objects/\(object.bucket)")
        try Files.replace(recordPath(object), with: object.record.text())
    }
}
