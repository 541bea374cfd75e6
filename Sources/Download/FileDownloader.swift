import FleetModel
import Common
import Console
import GoogleCloud
import Parquet
import Tardis
import Text
import Ticks
import Transport

/// Brings one file: downloads, converts and uploads it in one stream.
struct FileDownloader: Sendable {
    let store: any ObjectStore
    let tardis: TardisClient
    let catalogues: Catalogues
    let pool: WorkPool
    let board: ShardProgress
    let progress: ProgressReporter
    let logger: Logger
    let said: OnceFilter
    let clock: ToolClock

    /// How often a file is begun again that came damaged, or whose transfer or upload could not be continued.
    private static let tries = 3

    /// Downloads the file; what stands under its name (`existing`) is replaced when the new one is whole. A 404 for a file that
    /// the catalogue lists is no absence but a failure.
    func download(_ job: FileJob, replacing existing: ObjectInfo?) async -> FileOutcome {
        var attempt = 1
        while true {
            do {
                return try await once(job, existing, attempt)
            } catch {
                let answer = error as? TardisError
                // Only a catalogue proves that a file is not to be had.
                if answer?.isAbsence == true,
                    case .absent(let proof) = await catalogues.availability(job.dataset, tryingAgain: true)
                {
                    return FileOutcome(job: job, result: .absent(proof))
                }
                guard attempt < Self.tries, Self.isWorthAnother(error), !Task.isCancelled else {
                    return FileOutcome(job: job, result: .failed(FileFailure(error)))
                }
                logger.warning(
                    "a file is begun again",
                    [
                        "object": .string(job.object.name), "reason": .string("\(error)"),
                        "attempt": .int(Int64(attempt)),
                    ]
                )
                attempt += 1
                try? await clock.sleep(.seconds(clock.uniform(0.5...Double(1 << attempt))))
            }
        }
    }

    /// Requests have had their own tries; here are the errors that only a new beginning can mend.
    private static func isWorthAnother(_ error: any Error) -> Bool {
        switch error {
        case let error as TickError: error.retryAdvice != .never
        case let error as TardisError: error.kind == .interrupted || error.isAbsence
        case let error as StorageError: error.kind == .uploadLost
        default: false
        }
    }

    private func once(_ job: FileJob, _ existing: ObjectInfo?, _ attempt: Int) async throws -> FileOutcome {
        let download = try await tardis.download(job.dataset, attempt: attempt)
        progress.start(job.title, totalBytes: await download.size)
        let converter = TickConverter(options: options(job), pool: pool)
        let upload = try await store.upload(
            job.object.name,
            options: PutOptions(
                contentType: "application/vnd.apache.parquet",
                precondition: existing.map { .generation($0.generation) } ?? .absent
            )
        )
        do {
            let summary = try await pass(job, download, converter, upload)
            let written = await upload.content
            let content = ObjectMetadata.Content(size: written.size, crc32c: written.crc32c)
            let metadata = try await metadata(job, summary, content, download)
            let info = try await upload.finish(adding: metadata.encoded)
            return FileOutcome(
                job: job,
                result: summary.rows > 0 ? .done : .empty,
                rows: summary.rows,
                bytesIn: summary.inputBytes,
                bytesOut: info.size
            )
        } catch {
            await download.cancel()
            await upload.abort()
            return try await ours(job, after: error)
        }
    }

    /// Streams the source through the converter into the upload.
    private func pass(
        _ job: FileJob,
        _ download: DatasetDownload,
        _ converter: TickConverter,
        _ upload: any ObjectUpload
    ) async throws -> ConversionSummary {
        async let feeding: Void = feed(job, download, converter)
        do {
            while let piece = try await converter.read() { try await upload.write(piece) }
        } catch {
            converter.fail(error)
            throw error
        }
        await feeding
        guard let summary = converter.summary else { throw CancellationError() }
        // Tardis's own empty day is a gzip stream of nothing, or of a header.
        guard summary.inputBytes > 0 else { throw download.interrupted("an answer without a single byte came") }
        if summary.isPlainText, await !download.endIsProven {
            throw download.interrupted("plain text came whose end nothing proves, as no length was announced")
        }
        let unknown = summary.unknownColumns.joined(separator: ", ")
        if !unknown.isEmpty, said.isFirst("\(job.dataset.dataType) \(unknown)") {
            logger.warning(
                "columns that Tardis's types do not have are kept as text",
                ["type": .string(job.dataset.dataType), "columns": .string(unknown)]
            )
        }
        return summary
    }

    private func feed(_ job: FileJob, _ download: DatasetDownload, _ converter: TickConverter) async {
        do {
            while let piece = try await download.next() {
                board.noteProgress()
                try await converter.write(piece)
                progress.advance(job.title, bytes: Int64(piece.count))
            }
            converter.finish()
        } catch {
            converter.fail(error)
        }
    }

    private func options(_ job: FileJob) -> ConversionOptions {
        var options = ConversionOptions(source: job.dataset.path, type: TickType(rawValue: job.dataset.dataType))
        options.keyValues = [KeyValue("source", job.dataset.path), KeyValue("kit", BuildInfo.version)]
        options.createdBy = "market-tick-data-handler version \(BuildInfo.version)"
        return options
    }

    /// What the object says about itself. Rows of another day would make it the wrong file.
    private func metadata(
        _ job: FileJob,
        _ summary: ConversionSummary,
        _ content: ObjectMetadata.Content,
        _ download: DatasetDownload
    ) async throws -> ObjectMetadata {
        let date = job.object.date
        if let times = summary.localTimestamps,
            times.lowerBound < date.startMicroseconds || times.upperBound >= date.endMicroseconds
        {
            let first = CivilTime.rfc3339(epochMicroseconds: times.lowerBound)
            let last = CivilTime.rfc3339(epochMicroseconds: times.upperBound)
            throw WrongDay(
                description: "\(job.dataset.path): its rows are from \(first) to \(last), which is not within \(date)"
            )
        }
        return ObjectMetadata(
            dataType: job.object.dataType,
            rows: summary.rows,
            firstTime: summary.localTimestamps?.lowerBound,
            lastTime: summary.localTimestamps?.upperBound,
            content: content,
            source: .init(path: job.dataset.path, size: summary.inputBytes, etag: await download.etag)
        )
    }

    /// Another writer may have been first with the same file: then all is well.
    private func ours(_ job: FileJob, after error: any Error) async throws -> FileOutcome {
        guard let conflict = error as? StorageError, conflict.kind == .preconditionFailed,
            let info = try await store.info(job.object.name),
            case .whole(let metadata) = ObjectState(info, expected: job.object)
        else { throw error }
        return FileOutcome(job: job, result: .skipped, rows: metadata.rows, bytesOut: info.size)
    }
}

/// A source whose rows are not of the day that it stands for.
private struct WrongDay: ExitStatusProviding, CustomStringConvertible {
    let description: String
    var exitStatus: ExitStatus { .integrity }
}
