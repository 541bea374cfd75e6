import Text
import Console
import FleetModel
import Tardis

/// The catalogues of exchanges, each read once; one that could not be read is asked for again when something depends on it. Only they
/// prove that the source does not have a file.
actor Catalogues {
    /// A catalogue, and when it was read.
    private struct Reading {
        let catalogue: ExchangeCatalogue
        let time: Int64
    }

    private let tardis: TardisClient
    private let apiURL: String
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let isThere: Bool
    private var failed: Set<String> = []
    private var readings: [String: Reading] = [:]
    private var questions: [String: Task<Reading?, Never>] = [:]

    /// What a catalogue says of a file.
    enum Availability: Sendable {
        case available
        case absent(Absence.Proof)
        /// The day is not exported yet, as this sentence says.
        case notYet(String)
        /// The catalogue could not be read.
        case unknown
    }

    /// - Parameters:
    ///   - isThere: false where the source is a folder of files, which has no catalogue.
    ///   - now: microseconds since 1970.
    init(
        _ tardis: TardisClient,
        apiURL: String,
        isThere: Bool,
        logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.isThere = isThere
        self.tardis = tardis
        self.apiURL = apiURL
        self.logger = logger
        self.now = now
    }

    /// With `tryingAgain`, a catalogue that could not be read before is asked for again.
    func availability(_ dataset: Dataset, tryingAgain: Bool = false) async -> Availability {
        guard isThere, tryingAgain || !failed.contains(dataset.exchange),
            let reading = await reading(dataset.exchange)
        else { return .unknown }
        let said = reading.catalogue
            .availability(symbol: dataset.symbol, dataType: dataset.dataType, date: dataset.date)
        return switch said {
        case .available: .available
        case .notYet(let reason): .notYet(reason)
        case .absent(let reason):
            .absent(.init(catalogue: "\(apiURL)/exchanges/\(dataset.exchange)", read: reading.time, reason: reason))
        }
    }

    private func reading(_ exchange: String) async -> Reading? {
        if let reading = readings[exchange] { return reading }
        let question = questions[exchange] ?? Task { await read(exchange) }
        questions[exchange] = question
        let reading = await question.value
        readings[exchange] = reading
        if reading == nil { failed.insert(exchange) }
        questions[exchange] = nil
        return reading
    }

    private func read(_ exchange: String) async -> Reading? {
        do {
            return Reading(catalogue: try await tardis.catalogue(exchange: exchange), time: now())
        } catch {
            if !Task.isCancelled {
                logger.warning(
                    "the catalogue could not be read; files that Tardis does not have cannot be told from passing trouble",
                    ["reason": .string("\(error)")]
                )
            }
            return nil
        }
    }
}
