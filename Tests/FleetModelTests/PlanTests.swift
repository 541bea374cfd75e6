@testable import FleetModel
import Testing

struct PlanTests {
    private func plan(_ count: Int, _ shards: Int) throws -> Plan {
        let instruments = (0..<count).map { index in
            Instrument(
                venue: index % 3 == 0 ? .binanceFutures : .binanceSpot,
                symbol: "S\(index)",
                kind: index % 3 == 0 ? .perpetual : .spot
            )
        }
        return Plan(
            date: try date("2023-05-23"),
            instruments: instruments,
            shards: shards,
            created: 1_684_890_123_000_000
        )
    }

    @Test func shardsPartitionTheInstruments() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        for _ in 0..<50 {
            let plan = try plan(.random(in: 0...80, using: &generator), .random(in: 1...70, using: &generator))
            let parts = (0..<plan.shards).map(plan.instruments(ofShard:))
            #expect(
                parts.flatMap { $0 }.sorted { $0.symbol < $1.symbol }
                    == plan.instruments.sorted { $0.symbol < $1.symbol },
                "seed \(seed)"
            )
            let sizes = parts.map(\.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1, "seed \(seed)")
            #expect((0..<plan.shards).flatMap(plan.objects(ofShard:)).count == plan.objects.count, "seed \(seed)")
        }
        #expect(try plan(60, 60).instruments(ofShard: 59).map(\.symbol) == ["S59"])
        #expect(try plan(5, 2).instruments(ofShard: 1).map(\.symbol) == ["S1", "S3"])
        #expect(try plan(5, 2).instruments(ofShard: 2).isEmpty)
    }

    @Test func theDocumentIsStableAndComesBack() throws {
        let original = try Plan(
            date: date("2023-05-23"),
            instruments: [
                Instrument(venue: .binanceSpot, symbol: "BTCUSDT", kind: .spot),
                Instrument(venue: .binanceFutures, symbol: "BTCUSDT", kind: .perpetual, dataTypes: [.liquidations]),
            ],
            shards: 2,
            created: 1_684_890_123_000_000,
            kitVersion: "0.1.0"
        )
        let text = """
            {
              "schema": 1,
              "date": "2023-05-23",
              "shards": 2,
              "kit_version": "0.1.0",
              "created": "2023-05-24T01:02:03.000000Z",
              "created_us": 1684890123000000,
              "instruments": [
                {
                  "venue": "binance-spot",
                  "symbol": "BTCUSDT",
                  "kind": "spot",
                  "data_types": [
                    "trades",
                    "book_snapshot_5",
                    "quotes"
                  ],
                  "shard": 0
                },
                {
                  "venue": "binance-futures",
                  "symbol": "BTCUSDT",
                  "kind": "perpetual",
                  "data_types": [
                    "liquidations"
                  ],
                  "shard": 1
                }
              ]
            }

            """
        #expect(String(decoding: original.encoded(), as: UTF8.self) == text)
        #expect(try Plan(decoding: Array(text.utf8)) == original)
        let large = try plan(60, 7)
        #expect(try Plan(decoding: large.encoded()) == large)
    }

    @Test(arguments: [
        ("\"schema\": 1", "\"schema\": 2", "it has schema 2"),
        ("\"date\": \"2023", "\"date\": \"20x3", "\"date\" is missing"),
        ("\"shard\": 1", "\"shard\": 0", "\"shard\" is missing"), ("\"spot\"", "\"spo\"", "\"kind\" is missing"),
        ("\"trades\"", "\"trade\"", "\"data_types\" is missing"),
        ("\"shards\": 2", "\"shards\": 0", "\"shards\" is missing"),
        ("{", "", "not valid JSON"), ("\"S1\"", "\"\"", "\"symbol\" is missing"),
    ])
    func brokenDocumentsAreRefused(part: String, replacement: String, reason: String) throws {
        let text = String(decoding: try plan(3, 2).encoded(), as: UTF8.self)
        let broken = text.replacing(part, with: replacement, maxReplacements: 1)
        #expect(broken != text)
        let error = #expect(throws: DocumentError.self) { try Plan(decoding: Array(broken.utf8)) }
        #expect(error?.description.hasPrefix("the plan cannot be used: ") == true)
        #expect(error?.reason.contains(reason) == true)
    }

    @Test func plansAreComparedByWhatTheyAskFor() throws {
        let first = try plan(3, 2)
        let later = Plan(date: first.date, instruments: first.instruments, shards: 2, created: 9, kitVersion: "9")
        #expect(first.id == later.id)
        #expect(try first.id != plan(3, 3).id)
        #expect(try first.id != plan(4, 2).id)
    }

    /// A plan's id is made of its lines, and its files are counted once.
    @Test(arguments: ["A\nbinance-spot/B", "A/spot", "A\u{85}B", "A\u{7F}", ""])
    func symbolsThatWouldBeOthersAreRefused(symbol: String) throws {
        let instruments = [Instrument(venue: .binanceSpot, symbol: symbol, kind: .spot)]
        let plan = Plan(date: try date("2023-05-23"), instruments: instruments, shards: 1, created: 0)
        #expect(throws: DocumentError.self) { try Plan(decoding: plan.encoded()) }
        #expect(Plan(metadata: plan.metadata) == nil)
    }

    @Test func repeatedInstrumentsAndTypesAreRefused() throws {
        let one = Instrument(venue: .binanceSpot, symbol: "A", kind: .spot)
        let twice = Instrument(venue: .binanceSpot, symbol: "A", kind: .spot, dataTypes: [.trades, .trades])
        for instruments in [[one, one], [twice]] {
            let plan = Plan(date: try date("2023-05-23"), instruments: instruments, shards: 1, created: 0)
            #expect(throws: DocumentError.self) { try Plan(decoding: plan.encoded()) }
            #expect(Plan(metadata: plan.metadata) == nil)
        }
    }
}
