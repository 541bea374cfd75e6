@testable import FleetModel
import Testing

struct ObjectLayoutTests {
    @Test(arguments: [
        (
            "2023-05-23/trades/binance-spot/BTCUSDT/trades_2023-05-23_BTCUSDT_spot.parquet",
            DataType.trades, Venue.binanceSpot, "BTCUSDT", InstrumentKind.spot
        ),
        (
            "2023-05-23/book_snapshot_5/binance-futures/BTC_USDT-SWAP/book_snapshot_5_2023-05-23_BTC_USDT-SWAP_perpetual.parquet",
            .bookSnapshot5, .binanceFutures, "BTC_USDT-SWAP", .perpetual
        ),
        (
            "2023-05-23/quotes/binance-spot/A-B-C/quotes_2023-05-23_A-B-C_spot.parquet",
            .quotes, .binanceSpot, "A:B/C", .spot
        ),
    ])
    func dataObjectsHaveTheRunbooksNames(
        name: String,
        type: DataType,
        venue: Venue,
        symbol: String,
        kind: InstrumentKind
    ) throws {
        let object = DataObject(date: try date("2023-05-23"), dataType: type, venue: venue, symbol: symbol, kind: kind)
        #expect(object.name == name)
        #expect(DataObject(name: name) == object)
        #expect(ObjectLayout.parse(name) == .data(object))
        #expect(object.name.hasPrefix(ObjectLayout.dataPrefix(object.date, type)))
    }

    @Test func symbolsLoseWhatNamesMayNotHave() {
        #expect(ObjectLayout.escaped(":/\\?*<>\"|x.@_é") == "---------x.@_é")
    }

    @Test func recordsHaveNamesThatComeBack() throws {
        let day = try date("2025-10-20")
        let id = try #require(PlanID("89abcdef"))
        let names: [(ObjectLayout.Name, String)] = [
            (.plan(day, .standard), "_runs/2025-10-20/plan.json"),
            (.plan(day, PlanName(id: id)), "_runs/2025-10-20/plan.89abcdef.json"),
            (
                .heartbeat(day, vm: "tick-data-vm-0", plan: id, shard: 7),
                "_runs/2025-10-20/shards/tick-data-vm-0.89abcdef.7.json"
            ),
            (
                .end(day, vm: "tick-data-vm-0", boot: 1_684_800_000),
                "_runs/2025-10-20/shards/tick-data-vm-0.1684800000.txt"
            ),
            (.log(day, vm: "vm.example.com", attempt: 12), "_runs/2025-10-20/logs/vm.example.com.12.log"),
        ]
        for (name, text) in names {
            #expect(ObjectLayout.name(name) == text)
            #expect(ObjectLayout.parse(text) == name)
            #expect(text.hasPrefix(ObjectLayout.runPrefix(day)))
        }
    }

    @Test(arguments: [
        "", "x", "2023-05-23", "2023-05-23/trades/binance-spot/A/trades_2023-05-23_B_spot.parquet",
        "2023-05-23/trades/binance-spot/A/trades_2023-05-24_A_spot.parquet",
        "2023-05-23/trades/binance-spot/A/trades_2023-05-23_A_spot.parquet.tmp",
        "2023-05-23/trades/binance-spot/A/trades_2023-05-23_A_future.parquet",
        "2023-05-23/trades/binance-spot//trades_2023-05-23__spot.parquet",
        "2023-5-23/trades/binance-spot/A/trades_2023-5-23_A_spot.parquet", "_runs/2023-05-23", "_runs/x/plan.json",
        "_runs/2023-05-23/plan.json/x", "_runs/2023-05-23/plan..json", "_runs/2023-05-23/plan.a.b.json",
        "_runs/2023-05-23/plan.a_b.json", "_runs/2023-05-23/plan.a.txt", "_runs/2023-05-23/plans.a.json",
        "_runs/2023-05-23/shards/.json", "_runs/2023-05-23/shards/a.txt", "_runs/2023-05-23/shards/a.json",
        "_runs/2023-05-23/shards/a.89ABCDEF.json", "_runs/2023-05-23/shards/.89abcdef.json",
        "_runs/2023-05-23/shards/a.89abcdef.txt", "_runs/2023-05-23/plan.x.json", "_runs/2023-05-23/plan.89abcdeg.json",
        "_runs/2023-05-23/shards/a.-1.txt", "_runs/2023-05-23/shards/a.01.txt", "_runs/2023-05-23/ends/a.1.txt",
        "_runs/2023-05-23/logs/a.log", "_runs/2023-05-23/logs/a.01.log", "_runs/2023-05-23/logs/.1.log",
    ])
    func otherNamesAreNotTheKits(name: String) {
        #expect(ObjectLayout.parse(name) == nil)
    }
}
