import FleetModel
import Common
import Console
import GoogleCloud
import Testing

@testable import Fleet
@testable import Tardis
import Text

/// What the checks before a launch say of what they learned.
@Suite struct PreflightTests {
    private func instrument(_ symbol: String, _ kind: InstrumentKind = .spot) -> Instrument {
        Instrument(venue: kind == .spot ? .binanceSpot : .binanceFutures, symbol: symbol, kind: kind)
    }

    private func check(_ instruments: [Instrument], _ days: String...) throws -> TardisCheck {
        let dates = days.compactMap { CalendarDate($0) }
        let run = try FleetRun(dates: dates, instruments: instruments, shards: 60)
        return TardisCheck(run: run, instruments: instruments)
    }

    private func catalogue(_ symbols: [(String, [String])], since: String = "2020-01-01", until: String = "2025-12-01")
        -> [String: ExchangeCatalogue]
    {
        let entries = symbols.map { symbol, types in
            ExchangeCatalogue.Symbol(
                id: symbol,
                type: "spot",
                dataTypes: types,
                availableSince: since,
                availableTo: until
            )
        }
        let all = Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0) })
        return ["binance": ExchangeCatalogue(id: "binance", exportedUntil: until, symbols: all)]
    }

    private let spotTypes = InstrumentKind.spot.dataTypes.map(\.rawValue)

    // MARK: Catalogue

    @Test func anUnknownSymbolIsNamedWithItsNearestMatch() throws {
        let found = try check([instrument("BTCUSDT"), instrument("ETHUSTD")], "2023-05-23")
            .compare(catalogue([("BTCUSDT", spotTypes), ("ETHUSDT", spotTypes)]))
        #expect(
            found == [
                CheckResult(
                    "catalogue",
                    .error(.usage),
                    "Tardis's archive of binance has no symbol ETHUSTD (did you mean ETHUSDT?)",
                    isAboutLaunch: true
                )
            ]
        )
    }

    @Test func aTypeThatTheSourceLacksIsAWarning() throws {
        let found = try check([instrument("BTCUSDT")], "2023-05-23")
            .compare(catalogue([("BTCUSDT", ["trades", "quotes"])]))
        #expect(found.map(\.level) == [.fine, .warning])
        #expect(found.last?.text == "not to be had: Tardis has no book_snapshot_5 of binance BTCUSDT")
    }

    @Test func aDateBeforeTheFirstDayIsCounted() throws {
        let found = try check([instrument("BTCUSDT")], "2019-12-31").compare(catalogue([("BTCUSDT", spotTypes)]))
        #expect(found.last?.text == "not to be had: Tardis has binance BTCUSDT only since 2020-01-01, and 2 more")
        #expect(CheckResults(found).status == nil)
    }

    @Test func aDateThatIsNotExportedYetPassesByItself() throws {
        let found = CheckResults(
            try check([instrument("BTCUSDT")], "2025-11-30", "2025-12-01").compare(catalogue([("BTCUSDT", spotTypes)]))
        )
        #expect(found.status == .temporary)
        #expect(found.errors.map(\.check) == ["date 2025-12-01"])
        #expect(found.errors[0].text.contains("not exported yet"))
        #expect(found.withoutLaunch.status == nil)
    }

    @Test func withoutACatalogueNothingIsSaid() throws {
        #expect(try check([instrument("NOTHING")], "2023-05-23").compare([:]).isEmpty)
    }

    // MARK: Key

    private func key(_ plan: String, exchanges: [String], to: String = "2099-01-01") -> KeyInfo {
        KeyInfo(exchanges.map { KeyAccess(exchange: $0, accessType: plan, from: "2019-01-01", to: to) })
    }

    @Test func aKeyThatDoesNotCoverAnExchangeIsNoUse() throws {
        let both = [instrument("BTCUSDT"), instrument("BTCUSDT", .perpetual)]
        let found = try check(both, "2023-05-23").coverage(key("solo", exchanges: ["binance"]))
        #expect(CheckResults(found).status == .credentials)
        #expect(
            found.map(\.text) == [
                "the key (plan solo) does not cover binance-futures on 2023-05-23; use another key, or leave them out: "
                    + "--venues binance-spot"
            ]
        )
    }

    @Test func freeDaysNeedNoCover() throws {
        let found = try check([instrument("BTCUSDT")], "2023-05-01").coverage(key("solo", exchanges: []))
        #expect(CheckResults(found).status == nil)
    }

    @Test func datesBehindTheKeysEndAreCounted() throws {
        let found = try check([instrument("BTCUSDT")], "2023-05-22", "2023-05-23", "2023-05-24")
            .coverage(key("pro", exchanges: ["binance"], to: "2023-05-23"))
        #expect(found.first?.text.contains("binance-spot on 2023-05-23 and 1 more day; use another key") == true)
    }

    @Test func aKeyWithNothingIsAnExpiredOne() throws {
        let found = try check([instrument("BTCUSDT")], "2023-05-23").coverage(KeyInfo([]))
        #expect(CheckResults(found).status == .credentials && found[0].text.contains("expired"))
    }

    @Test(arguments: [("spot", false), ("perpetuals", true), ("derivatives", true), ("all", true), ("new plan", true)])
    func aDataPlanCoversItsKindsOfInstruments(plan: String, covers: Bool) throws {
        let access = KeyAccess(
            exchange: "binance-futures",
            accessType: "pro",
            from: "2019-01-01",
            to: "2099-01-01",
            dataPlan: plan
        )
        let found = try check([instrument("BTCUSDT", .perpetual)], "2023-05-23").coverage(KeyInfo([access]))
        #expect((CheckResults(found).status == nil) == covers)
    }

    @Test func aKeyForSomeSymbolsNamesTheOthers() throws {
        let access = KeyAccess(
            exchange: "binance",
            accessType: "pro",
            from: "2019-01-01",
            to: "2099-01-01",
            symbols: ["btcusdt"]
        )
        let found = try check([instrument("BTCUSDT"), instrument("ETHUSDT")], "2023-05-23").coverage(KeyInfo([access]))
        #expect(found[0].text.contains("does not cover binance-spot/ETHUSDT on 2023-05-23"))
    }

    // MARK: Bucket

    @Test(arguments: [
        ("ASIA-NORTHEAST1", true), ("asia-northeast1", true), ("ASIA", true), ("ASIA1", true), ("US", false),
        ("ASIA-SOUTHEAST1", false), ("EU", false), ("EUR4", false), ("NAM4", false),
    ])
    func aBucketElsewhereIsWarnedOf(location: String, isNear: Bool) throws {
        #expect(BucketCheck.isNear(location, region: "asia-northeast1") == isNear)
    }

    @Test(arguments: [
        ("US", "us-central1", true), ("NAM4", "us-east1", true), ("EU", "europe-west4", true),
        ("EU", "us-east1", false),
    ])
    func multiRegionsAreNearTheirRegions(location: String, region: String, isNear: Bool) {
        #expect(BucketCheck.isNear(location, region: region) == isNear)
    }

    @Test func aBucketThatKeepsObjectsCannotServeAFleet() throws {
        let check = BucketCheck(region: "asia-northeast1", store: MemoryStore())
        #expect(check.judge(BucketSettings(location: "ASIA-NORTHEAST1")) == [])
        #expect(CheckResults(check.judge(BucketSettings(location: "US"))).status == nil)
        let kept = check.judge(BucketSettings(location: nil, retentionSeconds: 86_400))
        #expect(CheckResults(kept).status == .usage && kept[0].text.contains("retention policy"))
        let held = check.judge(BucketSettings(location: nil, holdsNewObjects: true))
        #expect(CheckResults(held).status == .usage && held[0].text.contains("gsutil retention event-default release"))
    }

    @Test func daysThatAreStillToBeExportedAreNotTheKeysFault() throws {
        let found = try check([instrument("BTCUSDT")], "2025-12-01")
            .coverage(key("pro", exchanges: ["binance"], to: "2025-12-01"), catalogue([("BTCUSDT", spotTypes)]))
        #expect(CheckResults(found).status == nil)
    }

    // MARK: The end

    @Test(
        arguments: [
            ([.temporary, .usage, .credentials], ExitStatus.credentials), ([.temporary, .usage], .usage),
            ([.temporary, .failed], .failed), ([.temporary], .temporary), ([], nil),
        ] as [([ExitStatus], ExitStatus?)]
    )
    func theGravestErrorDecides(found: [ExitStatus], status: ExitStatus?) {
        let findings = [CheckResult("a", .fine, "x"), CheckResult("b", .warning, "y")]
        #expect(CheckResults(findings + found.map { CheckResult("c", .error($0), "z") }).status == status)
    }

    @Test func findingsAreListedForPeopleAndPrograms() {
        let findings = CheckResults([
            CheckResult("project", .fine, "p"), CheckResult("image", .error(.usage), "not there"),
        ])
        #expect(
            findings.table().render(width: nil)
                == "CHECK    RESULT  FOUND\nproject  ok      p\nimage    error   not there\n"
        )
        #expect(findings.table(isShort: true).render(width: nil) == "CHECK  RESULT  FOUND\nimage  error   not there\n")
        #expect(
            findings.json.text()
                == #"[{"check":"project","result":"ok","found":"p","exit_status":null},"#
                + #"{"check":"image","result":"error","found":"not there","exit_status":2}]"#
        )
    }

    // MARK: Quotas

    @Test(
        arguments: [
            (120.0, 60, CheckResult.Level.fine), (24, 60, .warning), (1, 60, .error(.temporary)), (24, 0, nil),
        ] as [(Double, Int, CheckResult.Level?)]
    )
    func quotasAreHeldAgainstWhatIsToBeMade(limit: Double, count: Int, level: CheckResult.Level?) {
        let shape = MachineShape(
            machineType: "e2-highmem-2",
            diskGigabytes: 100,
            diskType: "pd-standard",
            isPreemptible: false,
            hasExternalAddress: false
        )
        let quota = ComputeQuota(metric: "CPUS", limit: limit, usage: 0)
        let region = ComputeRegion(name: "asia-northeast1", zones: [], quotas: [quota])
        let found = QuotaCheck(shape: shape, region: region, projectQuotas: []).check(count)
        #expect(found.first?.level == level)
        if level == .warning {
            #expect(found[0].text.hasPrefix("there is room for 12 of 60 VMs, and so many are made: CPUS in"))
        }
    }
}
