import FoundationEssentials
import Glibc
import Synchronization

/// An object that is being written into a hidden file.
final class DirectoryUpload: ObjectUpload {
    private struct State {
        var descriptor: Int32
        var size: Int64 = 0
        var crc = CRC32C()
    }
    private let files: DirectoryFiles
    private let name: String
    private let options: PutOptions
    private let temporary: String
    private let state: Mutex<State>

    init(files: DirectoryFiles, name: String, options: PutOptions) throws {
        self.files = files
        self.name = name
        self.options = options
        try files.makeFolders()
        let temporary = "\(files.temporaryFolder)/\(UUID().uuidString)"
        let descriptor = try files.locked {
            files.sweep()
            // Under the store's lock until it has its own: a sweep in between would take it for a dead writer's.
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw files.failure("begin upload of \(name)")
            }
            return descriptor
        }
        self.temporary = temporary
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        drop()
    }

    func write(_ bytes: [UInt8]) async throws {
        try await DirectoryFiles.blocking { [self] in
            try state.withLock { state in
                guard state.descriptor >= 0 else { throw StorageError.uploadHasEnded(name) }
                try files.write(bytes, to: state.descriptor)
                state.size += Int64(bytes.count)
                state.crc.update(bytes)
            }
        }
    }

    var content: (size: Int64, crc32c: UInt32) { state.withLock { ($0.size, $0.crc.value) } }

    func finish(adding metadata: [String: String]) async throws -> ObjectInfo {
        try await DirectoryFiles.blocking { [self] in
            defer { drop() }
            return try state.withLock { state in
                guard state.descriptor >= 0 else { throw StorageError.uploadHasEnded(name) }
                return try commit(state, metadata: options.adding(metadata).metadata)
            }
        }
    }

    func abort() async {
        drop()
    }

    private func commit(_ state: State, metadata: [String: String]) throws -> ObjectInfo {
        let operation = "finish upload of \(name)"
        guard fsync(state.descriptor) == 0, let identity = files.identity(state.descriptor) else {
            throw files.failure(operation)
        }
        guard identity.size == state.size else {
            throw StorageError(.integrity, operation: operation, detail: "someone else has changed the hidden file")
        }
        return try files.locked {
            let there = try files.content(name)
            try options.precondition.check(there?.generation, operation: operation)
            let path = files.path(name)
            let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
            try files.makeFolder(folder)
            let now = Date()
            let content = DirectoryRecord.Content(
                file: identity,
                crc32c: state.crc.value,
                generation: max(Int64(now.timeIntervalSince1970 * 1_000_000), (there?.generation ?? 0) + 1),
                metageneration: 1,
                contentType: options.contentType,
                updated: now.formatted(.iso8601),
                metadata: metadata
            )
            // The record first: from the moment of the renaming on, the file is an object with its metadata.
            try files.write(DirectoryRecord(name: name, contents: [content] + (there.map { [$0] } ?? [])))
            guard rename(temporary, path) == 0 else { throw files.failure(operation) }
            try files.sync(folder)
            return content.info(name)
        }
    }

    private func drop() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            // After a commit there is nothing of this name any more.
            unlink(temporary)
            close(state.descriptor)
            state.descriptor = -1
        }
    }
}
