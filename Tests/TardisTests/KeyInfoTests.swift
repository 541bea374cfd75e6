import Testing
import Transport

@testable import Tardis

@Suite("What a Tardis key may fetch")
struct KeyInfoTests {
    private static let academic = """
        [{"exchange": "deribit", "accessType": "academic", "from": "2019-03-30T00:00:00.000Z",
          "to": "2026-04-30T00:00:00.000Z", "symbols": [], "dataPlan": "perpetuals"},
         {"exchange": "bybit", "accessType": "academic", "from": "2019-11-07T00:00:00.000Z",
          "to": "2026-04-30T00:00:00.000Z", "symbols": ["BTCUSDT"], "dataPlan": "perpetuals"}]
        """

    private func client(_ transport: ScriptedTransport, key: String? = "k-1") -> TardisClient {
        var options = TardisClient.Options()
        options.key = key.map { Secret($0) }
        return TardisClient(options: options, transport: transport, clock: PausedClock().clock)
    }

    @Test("One request with the key in a header")
    func request() async throws {
        let transport = ScriptedTransport([.init(200, [:], Self.academic)])
        let info = try await client(transport).keyInfo()
        #expect(info.accesses.count == 2)
        #expect(info.plan == "academic")
        #expect(!info.allowsSeveralAddresses)
        let asked = try #require(transport.requests.first)
        #expect(asked.url == "https://api.tardis.dev/v1/api-key-info")
        #expect(asked.headers["Authorization"] == "Bearer k-1")
        #expect(transport.requests.count == 1)
    }

    @Test(
        "Coverage by exchange, day and symbol; the end is not covered",
        arguments: [
            ("deribit", "2023-05-23", nil, true), ("deribit", "2019-03-30", nil, true),
            ("deribit", "2019-03-29", nil, false), ("deribit", "2026-04-29", nil, true),
            ("deribit", "2026-04-30", nil, false), ("binance", "2023-05-23", nil, false),
            ("bybit", "2023-05-23", "btcusdt", true), ("bybit", "2023-05-23", "ETHUSDT", false),
        ] as [(String, String, String?, Bool)]
    )
    func coverage(exchange: String, date: String, symbol: String?, covered: Bool) async throws {
        let info = try await client(ScriptedTransport([.init(200, [:], Self.academic)])).keyInfo()
        #expect(info.covers(exchange: exchange, date: date, symbol: symbol) == covered)
    }

    @Test("Only Business throughout allows several addresses")
    func addresses() {
        func access(_ type: String) -> KeyAccess {
            KeyAccess(exchange: "a", accessType: type, from: "2019-01-01", to: "2030-01-01")
        }
        #expect(KeyInfo([access("business"), access("Business")]).allowsSeveralAddresses)
        #expect(!KeyInfo([access("business"), access("pro")]).allowsSeveralAddresses)
        #expect(!KeyInfo([access("full")]).allowsSeveralAddresses)
        #expect(!KeyInfo([]).allowsSeveralAddresses)
        #expect(KeyInfo([access("pro"), access("business")]).plan == "business, pro")
    }

    @Test("A wrong key and no key are refused without the key in the text")
    func refused() async {
        for key in ["k-secret", nil] {
            let transport = ScriptedTransport([.init(401, [:], "{\"code\": 10, \"message\": \"Invalid API key\"}")])
            let error = await #expect(throws: TardisError.self) { try await client(transport, key: key).keyInfo() }
            #expect(error?.kind == .unauthorized)
            #expect(error?.description.contains("k-secret") == false)
            #expect(transport.requests.first?.headers["Authorization"] == key.map { "Bearer \($0)" })
        }
    }

    @Test("An answer that is no list is told, trouble is tried again")
    func trouble() async throws {
        let page = ScriptedTransport([.init(200, [:], "<html>")])
        let error = await #expect(throws: TardisError.self) { try await client(page).keyInfo() }
        #expect(error?.kind == .malformed)
        let busy = ScriptedTransport([.init(503), .init(200, [:], "[]")])
        #expect(try await client(busy).keyInfo().accesses.isEmpty)
        #expect(busy.requests.count == 2)
    }
}
