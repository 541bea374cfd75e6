import FleetModel
import Common
import Console
import Tardis
import Transport

/// What Tardis says about the key and the files that are wanted.
struct TardisCheck: Sendable {
    let run: FleetRun
    let instruments: [Instrument]

    private var dates: [CalendarDate] { run.dates }

    // MARK: Key

    /// Asks what the key may fetch. Not for free days, which need none.
    func key(_ tardis: TardisClient) async -> CheckOutcome<KeyInfo> {
        guard !dates.allSatisfy(\.isFirstOfMonth) else {
            return CheckOutcome(nil, [CheckResult(Self.keyCheck, .fine, "not needed: first days of a month are free")])
        }
        return await checking(Self.keyCheck, isAboutLaunch: true) {
            do {
                return CheckOutcome(try await tardis.keyInfo())
            } catch let error as TardisError where error.kind != .unauthorized {
                let text = "what the key may fetch could not be asked: \(error)"
                return CheckOutcome(nil, [CheckResult(Self.keyCheck, .warning, text)])
            }
        }
    }

    /// Whether the key covers the exchanges on the dates that are neither free nor still to be exported.
    func coverage(_ info: KeyInfo, _ catalogues: [String: ExchangeCatalogue] = [:]) -> [CheckResult] {
        guard !info.accesses.isEmpty || dates.allSatisfy(\.isFirstOfMonth) else {
            let text =
                "Tardis lists nothing that the key may fetch: it has expired or is not active; set TARDIS_API_KEY to another"
            return [CheckResult(Self.keyCheck, .error(.credentials), text, isAboutLaunch: true)]
        }
        var gaps: [(instrument: Instrument, date: CalendarDate)] = []
        var covered: Set<String> = []
        for date in dates where !date.isFirstOfMonth {
            for instrument in instruments {
                let exchange = instrument.venue.tardisExchange
                if let end = catalogues[exchange]?.exportedUntil, date.description >= end { continue }
                let isCovered = info.covers(
                    exchange: exchange,
                    date: date.description,
                    symbol: instrument.symbol,
                    kind: instrument.kind.rawValue
                )
                if isCovered { covered.insert(instrument.venue.rawValue) } else { gaps.append((instrument, date)) }
            }
        }
        guard let first = gaps.map(\.date).min() else {
            let addresses = info.allowsSeveralAddresses ? "several addresses" : "one address at a time"
            let text = "plan \(info.plan.isEmpty ? "unknown" : info.plan), \(addresses)"
            return [CheckResult(Self.keyCheck, .fine, text)]
        }
        let missing = Dictionary(grouping: gaps, by: \.date)
        let days = missing.count
        let more = days > 1 ? " and \(days - 1) more \(days == 2 ? "day" : "days")" : ""
        let venues = Set(gaps.map(\.instrument.venue.rawValue))
        // A venue none of whose instruments is covered on those days is named instead of them.
        let whole = venues.filter { venue in
            let all = instruments.count { $0.venue.rawValue == venue }
            return missing.values.allSatisfy { gaps in
                [0, all].contains(gaps.count { $0.instrument.venue.rawValue == venue })
            }
        }
        let names = Set(gaps.map(\.instrument)).filter { !whole.contains($0.venue.rawValue) }.map(\.description)
            .sorted()
        let places = (whole.sorted() as [String] + (names.isEmpty ? [] : [NameList.text(names)])).joined(
            separator: ", "
        )
        let rest = covered.subtracting(venues).sorted()
        let remedy =
            rest.isEmpty
            ? "use another key" : "use another key, or leave them out: --venues \(rest.joined(separator: ","))"
        let text =
            "the key (plan \(info.plan.isEmpty ? "unknown" : info.plan)) does not cover \(places) on \(first)\(more); \(remedy)"
        return [CheckResult(Self.keyCheck, .error(.credentials), text, isAboutLaunch: true)]
    }

    private static let keyCheck = "Tardis key"
    private var exchanges: [String] { Set(instruments.map(\.venue.tardisExchange)).sorted() }

    // MARK: Catalogue

    /// Reads the exchanges' catalogues; one that cannot be had is a warning, as the files' own answers decide then.
    func catalogues(_ tardis: TardisClient) async -> CheckOutcome<[String: ExchangeCatalogue]> {
        let exchanges = exchanges
        let found = await withTaskGroup(of: CheckOutcome<ExchangeCatalogue>.self) { group in
            for exchange in exchanges {
                group.addTask {
                    do {
                        return CheckOutcome(try await tardis.catalogue(exchange: exchange))
                    } catch {
                        let text =
                            "the catalogue of \(exchange) could not be read, so what is absent shows later: \(error)"
                        return CheckOutcome(nil, [CheckResult("catalogue", .warning, text)])
                    }
                }
            }
            return await group.reduce(into: [CheckOutcome<ExchangeCatalogue>]()) { $0.append($1) }
        }
        let catalogues = Dictionary(found.compactMap(\.value).map { ($0.id, $0) }) { first, _ in first }
        return CheckOutcome(catalogues, found.flatMap(\.findings) + compare(catalogues))
    }

    /// The registry against the catalogues, for each date.
    func compare(_ catalogues: [String: ExchangeCatalogue]) -> [CheckResult] {
        var findings: [CheckResult] = []
        let known = instruments.filter { catalogues[$0.venue.tardisExchange] != nil }
        for instrument in known {
            guard let catalogue = catalogues[instrument.venue.tardisExchange],
                catalogue.symbols[instrument.symbol] == nil
            else { continue }
            let near = suggestion(for: instrument.symbol, among: Array(catalogue.symbols.keys))
            let text = "Tardis's archive of \(catalogue.id) has no symbol \(instrument.symbol)\(near)"
            findings.append(CheckResult("catalogue", .error(.usage), text, isAboutLaunch: true))
        }
        let unknown = findings.count
        for date in dates { findings += gaps(on: date, known, catalogues) }
        if unknown == 0, !known.isEmpty {
            let text = "\(known.count) instruments are in Tardis's archive"
            findings.insert(CheckResult("catalogue", .fine, text), at: 0)
        }
        return findings
    }

    private func gaps(
        on date: CalendarDate,
        _ instruments: [Instrument],
        _ catalogues: [String: ExchangeCatalogue]
    ) -> [CheckResult] {
        var absences: [String] = []
        var notYet: Set<String> = []
        for instrument in instruments {
            guard let catalogue = catalogues[instrument.venue.tardisExchange],
                catalogue.symbols[instrument.symbol] != nil
            else { continue }
            for type in instrument.dataTypes {
                switch catalogue.availability(
                    symbol: instrument.symbol,
                    dataType: type.rawValue,
                    date: date.description
                ) {
                case .available: break
                case .absent(let reason): absences.append(reason)
                case .notYet: notYet.insert(catalogue.id)
                }
            }
        }
        var findings: [CheckResult] = []
        if !notYet.isEmpty {
            let end = notYet.compactMap { catalogues[$0]?.exportedUntil }.min() ?? "then"
            let text =
                "\(date) of \(notYet.sorted().joined(separator: ", ")) is not exported yet (files exist for the days before "
                + "\(end)); they come at about 06:00 UTC on the next day"
            findings.append(CheckResult("date \(date)", .error(.temporary), text, isAboutLaunch: true))
        }
        if let first = absences.first {
            let more = absences.count > 1 ? ", and \(absences.count - 1) more" : ""
            findings.append(CheckResult("date \(date)", .warning, "not to be had: \(first)\(more)"))
        }
        return findings
    }
}
