import Common
import Tardis

/// What the Tardis key may fetch. A 401 says that the key does not open one file; whether it opens others, Tardis is asked once.
actor KeyCoverage {
    /// What a refusal means for other files.
    enum Verdict: Sendable, Equatable {
        /// The key opens nothing, or there is none.
        case nothing
        /// The key is good for these.
        case known(KeyInfo)
        /// Tardis did not say.
        case unknown
    }

    private let tardis: TardisClient
    private var question: Task<Verdict, Never>?

    init(_ tardis: TardisClient) {
        self.tardis = tardis
    }

    /// What a refusal means.
    func verdict() async -> Verdict {
        if let question { return await question.value }
        let task = Task { await ask() }
        question = task
        return await task.value
    }

    private func ask() async -> Verdict {
        guard tardis.hasKey else { return .nothing }
        do {
            let info = try await tardis.keyInfo()
            // An expired key is answered with an empty list.
            return info.accesses.isEmpty ? .nothing : .known(info)
        } catch let error as TardisError where error.kind == .unauthorized {
            return .nothing
        } catch {
            return .unknown
        }
    }
}

/// Files that are not asked for, as the key was refused for others like them.
struct RefusedFiles: Sendable {
    private var info: KeyInfo?
    private var exchanges: Set<String> = []

    /// Takes note of a refused file.
    mutating func note(_ job: FileJob, _ verdict: KeyCoverage.Verdict) {
        switch verdict {
        case .nothing: break
        case .known(let info): self.info = info
        case .unknown: exchanges.insert(job.dataset.exchange)
        }
    }

    /// Why the file is not asked for; nil when it is.
    func reason(_ job: FileJob) -> String? {
        let dataset = job.dataset
        guard !dataset.isFree else { return nil }
        if exchanges.contains(dataset.exchange) {
            return "Tardis refused the key for another file of \(dataset.exchange) (401)"
        }
        guard let info, !info.covers(exchange: dataset.exchange, date: dataset.date, symbol: dataset.symbol) else {
            return nil
        }
        return "the Tardis key (plan \(info.plan.isEmpty ? "unknown" : info.plan)) does not cover \(dataset.exchange) "
            + "\(dataset.symbol) on \(dataset.date); use another key for it"
    }
}
