import FleetModel
import Common
import Console
import Testing

struct InstrumentTests {
    private let registry: InstrumentRegistry

    init() throws {
        let path = "\(projectFolder)/orchestration/instruments.csv"
        registry = try InstrumentRegistry(csv: FileAccess.system.text(path), path: path)
    }

    @Test func theDeploymentHasTheRunbooksInstruments() throws {
        let spot = registry.instruments.filter { $0.kind == .spot }
        let perpetuals = registry.instruments.filter { $0.kind == .perpetual }
        #expect(spot.count == 40 && spot.allSatisfy { $0.venue == .binanceSpot })
        #expect(perpetuals.count == 20 && perpetuals.allSatisfy { $0.venue == .binanceFutures })
        #expect(registry.instruments.allSatisfy { $0.symbol.hasSuffix("USDT") && $0.symbol == $0.symbol.uppercased() })
        let plan = try Plan(date: date("2023-05-23"), instruments: registry.instruments, shards: 60, created: 0)
        #expect(plan.objects.count == 220)
        #expect(Set(plan.objects.map(\.name)).count == 220)
    }

    @Test(arguments: [
        ("", 1, "the file is empty"),
        ("venue,symbol\n", 1, "the header has no column kind"),
        ("venue,symbol,kind\n", 1, "no instrument follows the header"),
        ("venue,symbol,kind\nbinance-sport,A,spot", 2, "unknown venue \"binance-sport\" (did you mean binance-spot?)"),
        ("venue,symbol,kind\nbinance-spot,,spot", 2, "the symbol is empty"),
        ("venue,symbol,kind\nbinance-spot,A,future", 2, "unknown kind \"future\": spot and perpetual are known"),
        ("venue,symbol,kind\nbinance-spot,A,spot\nbinance-spot,A,spot", 3, "binance-spot/A is in line 2 already"),
        ("venue,symbol,kind\nbinance-spot,A", 2, "2 cells where the header has 3"),
        ("venue,symbol,kind\n\nbinance-spot,A,spot", 2, "1 cells where the header has 3"),
    ])
    func mistakesInTheRegistryAreNamed(csv: String, line: Int, reason: String) {
        #expect(throws: RegistryError("r.csv", line, reason)) { try InstrumentRegistry(csv: csv, path: "r.csv") }
    }

    @Test func columnsMayStandInAnyOrder() throws {
        let read = try InstrumentRegistry(csv: "kind, symbol, venue\r\nspot, A, binance-spot\r\n\r\n", path: "r.csv")
        #expect(read.instruments == [Instrument(venue: .binanceSpot, symbol: "A", kind: .spot)])
    }

    @Test func filtersNarrowInTheRegistrysOrder() throws {
        let bitcoin = try InstrumentFilter(symbols: ["ethusdt", "BTCUSDT"]).select(from: registry)
        #expect(
            bitcoin.map(\.description) == [
                "binance-spot/BTCUSDT", "binance-spot/ETHUSDT", "binance-futures/ETHUSDT", "binance-futures/BTCUSDT",
            ]
        )
        #expect(try InstrumentFilter(venues: ["binance-futures"]).select(from: registry).count == 20)
        #expect(try InstrumentFilter(maxInstruments: 3).select(from: registry) == Array(registry.instruments.prefix(3)))
        let types = try InstrumentFilter(dataTypes: ["liquidations", "trades"]).select(from: registry)
        #expect(types.count == 60)
        #expect(types.first?.dataTypes == [.trades])
        #expect(types.last?.dataTypes == [.trades, .liquidations])
        #expect(try InstrumentFilter(dataTypes: ["liquidations"]).select(from: registry).count == 20)
        #expect(try InstrumentFilter().select(from: registry) == registry.instruments)
    }

    @Test(arguments: [
        (
            InstrumentFilter(symbols: ["BTCUSD"]),
            "symbol BTCUSD is not in the instrument registry (did you mean BTCUSDT?)"
        ),
        (InstrumentFilter(symbols: ["BTCUSDT", "QQ"]), "symbol QQ is not in the instrument registry"),
        (
            InstrumentFilter(symbols: ["TRXUSDT"], venues: ["binance-futures"]),
            "symbol TRXUSDT is not at binance-futures in the instrument registry"
        ),
        (
            InstrumentFilter(venues: ["binance-future"]),
            "venue binance-future is not known (did you mean binance-futures?)"
        ),
        (InstrumentFilter(venues: ["kraken"]), "venue kraken is not known: binance-spot, binance-futures"),
        (InstrumentFilter(dataTypes: ["trade"]), "data type trade is not known (did you mean trades?)"),
        (
            InstrumentFilter(symbols: ["TRXUSDT"], dataTypes: ["liquidations"]),
            "symbol TRXUSDT has no liquidations: its kind of instrument does not have that"
        ),
        (InstrumentFilter(dataTypes: ["options_chain"]), "no instrument chosen has options_chain"),
    ])
    func whatIsNotThereIsAnError(filter: InstrumentFilter, message: String) {
        #expect(throws: UsageError(message)) { try filter.select(from: registry) }
    }

    @Test func theRegistryIsFoundBySettings() async {
        let command = CommandSpec(name: "tool", summary: "x", options: [SharedOptions.instrumentsFile])
        let csv = "venue,symbol,kind\nbinance-spot,A,spot\n"
        let given = ToolContext(
            arguments: ["--instruments", "my.csv"],
            files: .memory(["/w/my.csv": csv]),
            currentDirectory: "/w"
        )
        let found = ToolContext(files: .memory(["/w/orchestration/instruments.csv": csv]), currentDirectory: "/w")
        for context in [given, found] {
            let ended = await execute(command, context) { run in
                let registry = try InstrumentRegistry.load(run.arguments, run.context)
                #expect(registry.instruments.count == 1)
                return .done
            }
            #expect(ended.status == .done)
        }
        let missing = await execute(command, ToolContext()) { run in
            _ = try InstrumentRegistry.load(run.arguments, run.context)
            return .done
        }
        #expect(missing.status == .usage)
        #expect(missing.messages.contains("give --instruments"))
    }
}
