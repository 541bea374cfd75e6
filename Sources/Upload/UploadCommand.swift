import Common
import Console
import Glibc
import GoogleCloud
import Text
import Transport

/// What `gcs-upload-service` does.
struct UploadCommand: Sendable {
    private let run: ToolRun

    init(_ run: ToolRun) {
        self.run = run
    }

    /// Uploads what the command line names and reports it.
    func execute() async throws -> ExitStatus {
        let arguments = run.arguments
        let paths = arguments.arguments("PATH")
        guard paths.count > 1, let last = paths.last else {
            throw arguments.error("the target is missing: PATH... gs://BUCKET[/PREFIX]")
        }
        let target = UploadTarget(last)
        let sources = try sourceFiles(paths.dropLast().map(run.context.absolute), target)

        return try await GoogleConnection.with(run, retry: RetryPolicy()) {
            try await upload(sources, to: target, $0)
        }
    }

    private func sourceFiles(_ paths: [String], _ target: UploadTarget) throws -> SourceFiles {
        let sources: SourceFiles
        do {
            sources = try SourceFiles(paths, prefix: target.prefix)
        } catch {
            throw run.arguments.error("cannot read \(error.path): \(String(cString: strerror(error.code)))")
        }
        if let (first, second) = sources.collision {
            throw run.arguments.error("\(first) and \(second) would become the same object; upload them apart")
        }
        for path in sources.ignored {
            run.logger.warning("left out: neither a file nor a folder", ["path": .string(path)])
        }
        return sources
    }

    private func upload(_ sources: SourceFiles, to target: UploadTarget, _ connection: GoogleConnection) async throws
        -> ExitStatus
    {
        let place = target.place.hasPrefix("gs://") ? target.place : run.context.absolute(target.place)
        let store = try connection.store(place)
        if store is any Buckets {
            // One look tells a missing bucket or permission once instead of once a file.
            _ = try await store.list(prefix: target.prefix, delimiter: "/", pageToken: nil)
        }
        let progress = run.startProgress("upload to \(store.location)")
        for file in sources.files { progress.add(file.object, totalBytes: file.size) }
        let upload = FileUpload(
            store: store,
            isDryRun: run.arguments.flag("dry-run"),
            progress: progress,
            clock: run.context.clock,
            openFolder: { try connection.store($0) }
        )
        let start = run.context.clock.monotonic()
        var report = UploadReport(target: store.location + "/" + target.prefix)
        for (path, reason) in sources.unreadable { report.add(path: path, reason: reason) }
        let workers = try run.arguments.int("max-workers") ?? 1
        try await withThrowingTaskGroup(of: (SourceFile, UploadOutcome).self) { group in
            var queue = sources.files.makeIterator()
            func next() {
                guard let file = queue.next() else { return }
                group.addTask { (file, try await upload.run(file)) }
            }
            for _ in 0..<workers { next() }
            while let (file, outcome) = try await group.next() {
                report.add(file, outcome)
                next()
            }
        }
        progress.close()
        report.duration = run.context.clock.monotonic() - start
        show(report)
        return report.status
    }

    private func show(_ report: UploadReport) {
        switch run.arguments.string("output") {
        case "json": run.print(report.json.text(.pretty))
        case "jsonl": for line in report.lines { run.print(line.text()) }
        default: for table in report.tables { run.print(table) }
        }
    }
}
