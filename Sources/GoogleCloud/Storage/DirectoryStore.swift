import FoundationEssentials
import Glibc

/// Objects as plain files below a folder. Writing is atomic and survives a kill at any moment; several processes may use
/// the folder at once. Files that were put there by hand are objects too, with a checksum and no metadata.
public struct DirectoryStore: ObjectStore {
    let files: DirectoryFiles

    /// A store in this folder, which is made when something is written.
    public init(_ folder: String) {
        var root = folder
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        files = DirectoryFiles(root: root)
    }

    public var location: String { files.root }

    public func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo {
        let upload = try await upload(name, options: options)
        do {
            try await upload.write(bytes)
            return try await upload.finish(adding: [:])
        } catch {
            await upload.abort()
            throw error
        }
    }

    /// Begins an object in a hidden file.
    public func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload {
        try check(name, "begin upload of \(name)")
        return try await DirectoryFiles.blocking { [files] in
            try DirectoryUpload(files: files, name: name, options: options)
        }
    }

    public func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8] {
        let operation = "read \(name)"
        try check(name, operation)
        return try await DirectoryFiles.blocking { [files] in
            let descriptor = open(files.path(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else {
                guard errno == ENOENT || errno == ENOTDIR else { throw files.failure(operation) }
                throw StorageError(.notFound, operation: operation, detail: "there is no such object")
            }
            defer { close(descriptor) }
            guard let identity = files.identity(descriptor) else {
                throw StorageError(.notFound, operation: operation, detail: "this is no regular file")
            }
            let part = (range ?? 0..<identity.size).clamped(toSize: Int(identity.size))
            let bytes = try files.read(descriptor, part, operation: operation)
            let known = range == nil ? files.record(name)?.content(of: identity) : nil
            guard known.map({ $0.crc32c == CRC32C.of(bytes) }) ?? true else {
                throw StorageError(.integrity, operation: operation, detail: "the file's bytes have changed on disk")
            }
            return bytes
        }
    }

    public func info(_ name: String) async throws -> ObjectInfo? {
        try check(name, "look up \(name)")
        return try await DirectoryFiles.blocking { [files] in try files.content(name)?.info(name) }
    }

    public func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage {
        guard !prefix.hasPrefix("/"), !prefix.split(separator: "/").contains("..") else {
            throw StorageError(.invalid, operation: "list \(prefix)", detail: "a prefix stays within the store")
        }
        return try await DirectoryFiles.blocking { [files] in
            let names = files.names(prefix: prefix)
            let page = ListingPage(of: names, prefix: prefix, delimiter: delimiter, pageToken: pageToken)
            return ObjectPage(
                objects: try page.names.compactMap { try files.content($0)?.info($0) },
                prefixes: page.prefixes,
                nextPageToken: page.nextPageToken
            )
        }
    }

    public func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo {
        let operation = "change metadata of \(name)"
        try check(name, operation)
        return try await DirectoryFiles.blocking { [files] in
            guard files.identity(files.path(name)) != nil else {
                throw StorageError(.notFound, operation: operation, detail: "there is no such object")
            }
            try files.makeFolders()
            return try files.locked {
                guard var content = try files.content(name) else {
                    throw StorageError(.notFound, operation: operation, detail: "there is no such object")
                }
                try Precondition.generation(generation).check(content.generation, operation: operation)
                for (key, value) in metadata { content.metadata[key] = value }
                content.metageneration += 1
                try files.write(DirectoryRecord(name: name, contents: [content]))
                return content.info(name)
            }
        }
    }

    /// Deletes an object, and the folders that are empty then.
    @discardableResult
    public func delete(_ name: String, precondition: Precondition) async throws -> Bool {
        let operation = "delete \(name)"
        try check(name, operation)
        return try await DirectoryFiles.blocking { [files] in
            guard files.identity(files.path(name)) != nil else { return false }
            try files.makeFolders()
            return try files.locked {
                guard let content = try files.content(name) else { return false }
                try precondition.check(content.generation, operation: operation)
                guard unlink(files.path(name)) == 0 else { throw files.failure(operation) }
                unlink(files.recordPath(name))
                var folder = name[...]
                while let slash = folder.lastIndex(of: "/") {
                    folder = folder[..<slash]
                    guard rmdir(files.path(String(folder))) == 0 else { break }
                }
                return true
            }
        }
    }

    /// Refuses names that are no path within the folder.
    private func check(_ name: String, _ operation: String) throws(StorageError) {
        try checkObjectName(name, operation: operation)
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let bad: Set<Substring> = ["", ".", ".."]
        guard parts.allSatisfy({ !bad.contains($0) }), parts[0] != DirectoryFiles.hidden else {
            throw StorageError(
                .invalid,
                operation: operation,
                detail: "in a folder a name has no empty, '.' or '..' part and is not below \(DirectoryFiles.hidden)"
            )
        }
    }
}

extension DirectoryFiles {
    /// What stands under a name, with its metadata; nil when there is nothing.
    func content(_ name: String) throws -> DirectoryRecord.Content? {
        // Another writer may put a new file and a new record between our two looks; the second time they match.
        for _ in 0..<3 {
            guard let identity = identity(path(name)) else { return nil }
            if let content = record(name)?.content(of: identity) { return content }
            let descriptor = open(path(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard self.identity(descriptor) == identity else { continue }
            let bytes = try read(descriptor, 0..<Int(identity.size), operation: "read \(name)")
            let crc = CRC32C.of(bytes)
            let known = record(name)
            if let content = known?.content(of: identity) { return content }
            let copied = known?.content(size: identity.size, crc32c: crc)
            return DirectoryRecord.Content(
                file: identity,
                crc32c: crc,
                generation: copied?.generation ?? max(1, identity.modifiedNanoseconds),
                metageneration: copied?.metageneration ?? 1,
                contentType: copied?.contentType ?? "application/octet-stream",
                updated: copied?.updated ?? "",
                metadata: copied?.metadata ?? [:]
            )
        }
        throw StorageError(.file, operation: "look up \(name)", detail: "it keeps changing; look again later")
    }

    func read(_ descriptor: Int32, _ part: Range<Int>, operation: String) throws(StorageError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: part.count) { buffer, filled in
            while filled < part.count {
                let start = buffer.baseAddress.map { $0 + filled }
                let count = pread(descriptor, start, part.count - filled, off_t(part.lowerBound + filled))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    failed = true
                    return
                }
                filled += count
            }
        }
        if failed { throw failure(operation) }
        return bytes
    }
}
