import Common
import Console
import FleetModel
import GoogleCloud
import Host
import Transport

enum UploadOutcome: Sendable, Equatable {
    case uploaded
    case skipped
    /// In a dry run.
    case wouldUpload
    case failed(reason: String, ExitStatus)
}

/// Brings one file into the store, unless it is there.
struct FileUpload: Sendable {
    let store: any ObjectStore
    let isDryRun: Bool
    let progress: ProgressReporter
    let clock: ToolClock
    /// Opens a folder that the kit has filled.
    let openFolder: @Sendable (_ path: String) throws -> any ObjectStore

    /// An upload whose session the server has lost begins again so many times in all.
    private static let tries = 3

    /// Never throws but when cancelled.
    func run(_ file: SourceFile) async throws -> UploadOutcome {
        let outcome: UploadOutcome
        do {
            outcome = try await transfer(file)
        } catch {
            // What a cancellation breaks is no failure of the file.
            try Task.checkCancellation()
            outcome = .failed(reason: "\(error)", exitStatus(of: error))
        }
        switch outcome {
        case .uploaded: progress.finish(file.object)
        case .skipped: progress.finish(file.object, note: "there already")
        case .wouldUpload: progress.finish(file.object, note: "would be uploaded")
        case .failed(let reason, _): progress.fail(file.object, reason: reason)
        }
        return outcome
    }

    private func transfer(_ file: SourceFile) async throws -> UploadOutcome {
        progress.start(file.object, totalBytes: file.size)
        var isRecord = false
        switch ObjectLayout.parse(file.object) {
        case .plan(let date, _): return try await merge(file, planOf: date)
        case .heartbeat, .log, .end:
            // What is there tells of the runs of the bucket's own.
            if try await store.info(file.object) != nil { return .skipped }
            isRecord = true
        case .data, nil: break
        }
        let metadata = try await metadata(of: file)
        let there = try await store.info(file.object)
        if let there, there.size == file.size, metadata.allSatisfy({ there.metadata[$0.key] == $0.value }),
            try await checksum(of: file) == there.crc32c
        {
            return .skipped
        }
        if isDryRun { return .wouldUpload }
        let options = PutOptions(
            contentType: contentType(file.path),
            metadata: metadata,
            precondition: isRecord ? .absent : there.map { .generation($0.generation) } ?? .absent
        )
        try await withRetry(RetryPolicy(tries: Self.tries), clock: clock) { _ in
            progress.start(file.object, totalBytes: file.size)
            try await send(file, options)
        }
        return .uploaded
    }

    /// A plan joins those that are there, and replaces none: a date's VMs were told to read it.
    private func merge(_ file: SourceFile, planOf date: CalendarDate) async throws -> UploadOutcome {
        let plan = try Plan(decoding: try ReadableFile(file.path).rest(atMost: DateReader.largest))
        guard plan.date == date else {
            throw DocumentError(document: file.path, reason: "it is the plan of \(plan.date)")
        }
        let there = try await DateReader(store).plans(date).plans
        if there.contains(where: { $0.plan.id == plan.id }) { return .skipped }
        if isDryRun { return .wouldUpload }
        _ = try await PlanStore(store).keep([plan])
        return .uploaded
    }

    /// What the kit's own folder knows of the file.
    private func metadata(of file: SourceFile) async throws -> [String: String] {
        guard let origin = file.origin else { return [:] }
        return try await openFolder(origin.folder).info(origin.name)?.metadata ?? [:]
    }

    private func send(_ file: SourceFile, _ options: PutOptions) async throws {
        let upload = try await store.upload(file.object, options: options)
        do {
            try await read(file) { bytes in
                try await upload.write(bytes)
                progress.advance(file.object, bytes: Int64(bytes.count))
            }
            try check(file, await upload.content, options.metadata)
            _ = try await upload.finish(adding: [:])
        } catch {
            await upload.abort()
            // The store has used up its own tries for everything else.
            guard let error = error as? StorageError, error.kind != .uploadLost else { throw error }
            throw StorageError(error.kind, operation: error.operation, detail: error.detail, retryAdvice: .never)
        }
    }

    /// Nothing stands under its name that is not the file as it was found, and, of the kit's own folders, as it was written.
    private func check(
        _ file: SourceFile,
        _ read: (size: Int64, crc32c: UInt32),
        _ metadata: [String: String]
    ) throws(ChangedFile) {
        guard read.size == file.size else {
            throw ChangedFile(
                description: "\(file.path) changed while it was read: it had \(file.size) bytes, and \(read.size) came",
                exitStatus: .failed
            )
        }
        if let told = metadata["tick-crc32c"], told != CRC32C.base64(read.crc32c) {
            throw ChangedFile(
                description:
                    "\(file.path) is damaged: its CRC-32C is \(CRC32C.base64(read.crc32c)), and \(told) was written; "
                    + "download it again with --force",
                exitStatus: .integrity
            )
        }
    }

    private func checksum(of file: SourceFile) async throws -> UInt32 {
        var crc = CRC32C()
        try await read(file) { crc.update($0) }
        return crc.value
    }

    private func read(_ file: SourceFile, _ body: ([UInt8]) async throws -> Void) async throws {
        let source = try ReadableFile(file.path)
        while case let bytes = try source.next(), !bytes.isEmpty {
            try Task.checkCancellation()
            try await body(bytes)
        }
    }

    private func contentType(_ path: String) -> String {
        let types = [
            "parquet": "application/vnd.apache.parquet", "json": "application/json", "csv": "text/csv",
            "gz": "application/gzip", "log": "text/plain", "txt": "text/plain",
        ]
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
        return types[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
    }
}

/// A file that is not what it was.
private struct ChangedFile: ExitStatusProviding, CustomStringConvertible {
    let description: String
    let exitStatus: ExitStatus
}
