import FleetModel
import Common
import Console
import GoogleCloud
import Tardis
import Synchronization
import Text

/// Brings one shard of one date.
struct DateRun: Sendable {
    let date: CalendarDate
    let settings: DownloadSettings
    let services: DownloadServices
    let downloader: FileDownloader
    let board: ShardProgress

    /// A file that is not whole yet, and what is under its name.
    private struct Missing: Sendable {
        let job: FileJob
        let existing: ObjectInfo?
    }

    /// Downloads what is missing; every file has an outcome in the end, except when the task is cancelled.
    func execute(_ jobs: [FileJob], existing: [String: ObjectInfo]) async -> [FileOutcome] {
        var outcomes: [FileOutcome] = []
        var missing: [Missing] = []
        for job in jobs {
            if let outcome = await settled(job, existing[job.object.name]) {
                outcomes.append(note(outcome))
            } else {
                missing.append(Missing(job: job, existing: existing[job.object.name]))
            }
        }
        outcomes += await download(missing)
        return outcomes
    }

    /// The outcome of a file for which nothing has to be sent; nil when it has to be downloaded.
    func settled(_ job: FileJob, _ existing: ObjectInfo?) async -> FileOutcome? {
        var damage: String?
        if !settings.isForced, let existing {
            switch ObjectState(existing, expected: job.object) {
            case .whole(let metadata):
                return FileOutcome(job: job, result: .skipped, rows: metadata.rows, bytesOut: existing.size)
            case .damaged(let reason):
                damage = reason
                services.logger.info(
                    "an object is downloaded again",
                    ["object": .string(job.object.name), "reason": .string(reason)]
                )
            case .missing, .absent: break
            }
        }
        switch await services.catalogues.availability(job.dataset) {
        case .absent(let proof):
            guard let damage else { return FileOutcome(job: job, result: .absent(proof)) }
            let reason =
                "the source does not have it (\(proof.reason)), but an object is under its name: \(damage); delete that"
            return FileOutcome(job: job, result: .failed(FileFailure(reason: reason, status: .integrity)))
        case .notYet(let reason):
            return FileOutcome(job: job, result: .failed(FileFailure(reason: reason, status: .temporary)))
        case .available, .unknown: return nil
        }
    }

    /// Downloads with a bounded number of files in flight. A failure that every file would have ends them all.
    private func download(_ missing: [Missing]) async -> [FileOutcome] {
        await withTaskGroup(of: FileOutcome.self) { group in
            var outcomes: [FileOutcome] = []
            var waiting = missing.makeIterator()
            var stop: FileFailure?
            var refused = RefusedFiles()
            func start(_ next: Missing) {
                let refusal = refused.reason(next.job)
                group.addTask {
                    board.begin(next.job)
                    if let refusal {
                        let failure = FileFailure(reason: refusal, status: .credentials)
                        return FileOutcome(job: next.job, result: .failed(failure))
                    }
                    return await downloader.download(next.job, replacing: next.existing)
                }
            }
            for _ in 0..<settings.workers {
                if let next = waiting.next() { start(next) }
            }
            while var outcome = await group.next() {
                if stop != nil {
                    outcome = ended(outcome, after: stop)
                } else if case .failed(let failure) = outcome.result,
                    let reason = await reasonToStop(failure, outcome.job, &refused)
                {
                    stop = reason
                    outcome = FileOutcome(job: outcome.job, result: .failed(reason))
                    group.cancelAll()
                }
                outcomes.append(note(outcome))
                guard !Task.isCancelled, let next = waiting.next() else { continue }
                guard stop != nil else {
                    start(next)
                    continue
                }
                var rest: Missing? = next
                while let missing = rest {
                    outcomes.append(note(givenUp(missing.job, after: stop)))
                    rest = waiting.next()
                }
            }
            return outcomes
        }
    }

    /// The failure that every other file would have, too; nil when others may do better.
    private func reasonToStop(_ failure: FileFailure, _ job: FileJob, _ refused: inout RefusedFiles) async
        -> FileFailure?
    {
        guard failure.isRefusedKey, !Task.isCancelled else { return failure.stopsAll ? failure : nil }
        let verdict = await services.coverage.verdict()
        refused.note(job, verdict)
        guard verdict == .nothing else { return nil }
        return FileFailure(reason: failure.reason, status: failure.status, stopsAll: true)
    }

    /// A file that failed while all are being ended failed for the first one's reason.
    private func ended(_ outcome: FileOutcome, after stop: FileFailure?) -> FileOutcome {
        guard stop != nil, case .failed = outcome.result else { return outcome }
        return givenUp(outcome.job, after: stop)
    }

    private func givenUp(_ job: FileJob, after stop: FileFailure?) -> FileOutcome {
        var failure = stop ?? FileFailure(CancellationError())
        failure.isFollowing = true
        return FileOutcome(job: job, result: .failed(failure))
    }

    private func note(_ outcome: FileOutcome) -> FileOutcome {
        if Task.isCancelled, case .failed = outcome.result {
            // Not the file's failure: the tool was told to end.
            board.giveUp(outcome.job)
            return outcome
        }
        board.end(outcome)
        let title = outcome.job.title
        switch outcome.result {
        case .done:
            services.progress.advance(title, rows: outcome.rows)
            services.progress.finish(title, note: "\(Format.count(outcome.rows)) rows")
        case .skipped: services.progress.finish(title, note: "there already")
        case .empty: services.progress.finish(title, note: "the source has no rows")
        case .absent(let proof): services.progress.finish(title, note: "absent: \(proof.reason)")
        case .failed(let failure):
            let reason = failure.isFollowing ? "given up after the failure above" : failure.reason
            services.progress.fail(title, reason: reason)
        }
        return outcome
    }
}
