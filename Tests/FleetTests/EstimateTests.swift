import FleetModel
import Common
import Console
@testable import Fleet
import Testing

@Suite struct PriceTableTests {
    private let head = "as_of,region,item,unit,usd,note\n"

    @Test func regionsGoBeforeWhatHoldsEverywhere() throws {
        let table = try PriceTable(
            head
                + "# a remark\n2025-03-06,*,nat/vm,hour,0.0014,\"page\", checked\r\n\n2025-04-01,r1,nat/vm,hour,0.002,\n",
            name: "p.csv"
        )
        #expect(table.price("nat/vm", region: "r1")?.usd == 0.002)
        let other = try #require(table.price("nat/vm", region: "r2"))
        #expect(other.usd == 0.0014)
        #expect(other.asOf == CalendarDate("2025-03-06"))
        #expect(other.unit == "hour")
        #expect(other.note == "\"page\", checked")
        #expect(table.price("nat/data", region: "r1") == nil)
    }

    @Test(arguments: [
        ("", "p.csv is empty; its first line must be as_of,region,item,unit,usd,note"),
        ("a,b\n", "p.csv, line 1: the first line must be as_of,region,item,unit,usd,note"),
        ("HEAD2025-03-06,r,i,hour\n", "p.csv, line 2: 4 columns instead of 6"),
        ("HEAD\n06.03.2025,r,i,hour,1,\n", "p.csv, line 3: \"06.03.2025\" is no date like 2025-03-06"),
        ("HEAD2025-03-06,r,,hour,1,\n", "p.csv, line 2: region, item or unit is empty"),
        ("HEAD2025-03-06,r,i,hour,-1,\n", "p.csv, line 2: \"-1\" is no price in US dollars"),
        ("HEAD2025-03-06,r,i,hour,nan,\n", "p.csv, line 2: \"nan\" is no price in US dollars"),
        (
            "HEAD2025-03-06,r,i,hour,1,\n2025-03-07,r,i,hour,2,\n", "p.csv, line 3: i in r has a price already"
        ),
    ])
    func errorsNameTheLine(text: String, message: String) {
        let text = text.replacing("HEAD", with: head)
        #expect(throws: UsageError(message)) { try PriceTable(text, name: "p.csv") }
    }
}

@Suite struct EstimateTests {
    /// The table that comes with the kit.
    private func table() throws -> PriceTable {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        return try PriceTable(
            try FileAccess.system.text("\(folder)/orchestration/prices.csv"),
            name: "prices.csv"
        )
    }

    private func standardDay() -> [[DataType]] {
        (0..<40).map { _ in InstrumentKind.spot.dataTypes } + (0..<20).map { _ in InstrumentKind.perpetual.dataTypes }
    }

    @Test func sizesAreOfTheMeasuredOrder() {
        let forecast = DownloadForecast(missing: standardDay(), sharesAddress: true)
        #expect(forecast.files == 220)
        #expect(forecast.workers == 60)
        // The mean that was measured across a fleet's files.
        #expect((8_000_000...13_000_000).contains(forecast.bytesIn / 220))
    }

    @Test func oneAddressIsTheBottleneckOfAFleet() {
        let shared = DownloadForecast(missing: standardDay(), sharesAddress: true)
        let direct = DownloadForecast(missing: standardDay(), sharesAddress: false)
        #expect(shared.duration == .seconds(180) + .seconds((Double(shared.bytesIn) / 21_300_000).rounded(.up)))
        // The largest file is then what takes longest.
        #expect(direct.duration == .seconds(180) + .seconds((12_000_000 / 700_000.0).rounded(.up)))
        #expect(DownloadForecast(missing: [[], []], sharesAddress: true).duration == .zero)
    }

    @Test func oneVMIsBoundByItsAddressToo() {
        let all = [standardDay().flatMap { $0 }]
        let forecast = DownloadForecast(missing: all, sharesAddress: false, boot: .zero)
        #expect(forecast.duration == .seconds((Double(forecast.bytesIn) / 21_300_000).rounded(.up)))
    }

    @Test func onlyWhatIsMissingIsCounted() throws {
        let run = try fleetRun(3)
        let state = fleetState(run, objects: objects(run, shards: [0]))
        let forecast = DownloadForecast(state, sharesAddress: true)
        #expect(forecast.files == 6)
        #expect(forecast.workers == 2)
        #expect(DownloadForecast(state, range: 0...1, sharesAddress: true).workers == 1)
    }

    @Test func theRunbooksFleetIsPriced() throws {
        let forecast = DownloadForecast(missing: standardDay(), sharesAddress: true)
        let estimate = Estimate(
            forecast,
            shape: shape(),
            egress: .shared,
            region: "asia-northeast1",
            prices: try table()
        )
        #expect(estimate.isComplete)
        #expect(estimate.lines.count == 7)
        #expect(estimate.lines.allSatisfy { $0.description.hasPrefix("estimate: ") })
        let hours = forecast.duration / .seconds(3_600)
        #expect(estimate.lines[0].usd == 60 * hours * 0.046356)
        // 60 VMs are over the cap of 32.
        #expect(estimate.lines[2].usd == 0.044 * hours)
        #expect(estimate.lines.map(\.isMonthly) == [false, false, false, false, false, false, true])
        #expect(estimate.asOf == CalendarDate("2025-03-06"))
        #expect((0.1...2).contains(estimate.once))
        #expect(estimate.summary.hasPrefix("estimate: 220 files, about 2."))
        #expect(estimate.summary.hasSuffix("a month (list prices of 2025-03-06, prices.csv)"))
    }

    @Test func fewVMsPayForEach() throws {
        let forecast = DownloadForecast(missing: [[.trades], [.trades]], sharesAddress: true)
        let estimate = Estimate(
            forecast,
            shape: shape(),
            egress: .shared,
            region: "asia-northeast1",
            prices: try table()
        )
        #expect(estimate.lines[2].usd == 2 * 0.0014 * (forecast.duration / .seconds(3_600)))
    }

    @Test func directEgressPaysForAddresses() throws {
        let forecast = DownloadForecast(missing: standardDay(), sharesAddress: false)
        let spot = shape(hasExternalAddress: true)
        let estimate = Estimate(forecast, shape: spot, egress: .direct, region: "asia-northeast1", prices: try table())
        #expect(estimate.lines.count == 5)
        #expect(estimate.lines[2].usd == 60 * 0.0025 * (forecast.duration / .seconds(3_600)))
    }

    @Test func whatHasNoPriceIsSaidAndNotGuessed() throws {
        let forecast = DownloadForecast(missing: [[.trades]], sharesAddress: true)
        let estimate = Estimate(
            forecast,
            shape: shape("c9-mega-2"),
            egress: .shared,
            region: "asia-northeast1",
            prices: try table()
        )
        #expect(!estimate.isComplete)
        #expect(
            estimate.lines[0].description == "estimate: 1 preemptible c9-mega-2 for 3m 18s: no price in the table "
                + "(vm/c9-mega-2/preemptible)"
        )
        #expect(estimate.summary.contains("at least $"))
        // Another region has no VM, disk and storage prices.
        let elsewhere = Estimate(forecast, shape: shape(), egress: .shared, region: "r", prices: try table())
        #expect(elsewhere.lines.filter { $0.usd == nil }.count == 3)
    }

    @Test func nothingToDoCostsNothing() throws {
        let forecast = DownloadForecast(missing: [], sharesAddress: true)
        let estimate = Estimate(forecast, shape: shape(), egress: .shared, region: "r", prices: try table())
        #expect(estimate.lines.isEmpty)
        #expect(estimate.summary == "estimate: nothing to download, nothing to pay")
    }

    @Test(arguments: [(0.0, "$0"), (0.00461, "$0.0046"), (0.01, "$0.01"), (1.199, "$1.20")])
    func moneyIsShort(usd: Double, text: String) {
        #expect(Estimate.money(usd) == text)
    }
}
