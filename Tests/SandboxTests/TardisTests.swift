import CISAL
import Sandbox
import Testing
import Text

@Suite struct TardisTests {
    private let test: TestWorld
    private let client: TestClient
    private let key = ["Authorization": "Bearer the-key"]

    init() throws {
        test = try TestWorld { options in
            options.tardis.empty = [
                ("*/2023/07/01/*", .zero), ("*/2023/08/01/*", .gzip), ("*/2023/09/01/*", .header),
                ("*/2023/10/01/*", .headerWithoutNewline),
            ]
        }
        client = try test.tardis()
    }

    private func get(_ path: String, _ headers: [String: String] = [:]) throws -> Answer {
        try client.call("GET", "/v1/" + path, headers)
    }

    // MARK: data sets

    @Test func aFreeDayIsServedWithoutKey() throws {
        let answer = try get("binance/trades/2023/06/01/BTCUSDT.csv.gz")
        #expect(answer.status == 200)
        #expect(answer.body.starts(with: [0x1F, 0x8B]))
        #expect(answer.headers["accept-ranges"] == "bytes")
        let lines = try inflated(answer.body).split(separator: "\n")
        #expect(lines.count == 301)
        #expect(lines.first == "exchange,symbol,timestamp,local_timestamp,id,side,price,amount")
        let again = try get("binance/trades/2023/06/01/BTCUSDT.csv.gz")
        #expect(again.body == answer.body)
        #expect(again.headers["etag"] == answer.headers["etag"])
        #expect(test.violations.isEmpty)
    }

    @Test(arguments: [
        ("binance/trades/2023/06/01/NOPE.csv.gz", 400, 300), ("binance/trades/2023/06/01/btcusdt.csv.gz", 400, 300),
        ("binance/derivative_ticker/2023/06/01/BTCUSDT.csv.gz", 400, 140),
        ("binance/trades/2019/03/01/BTCUSDT.csv.gz", 400, 140), ("binance/trades/2024/01/01/BTCUSDT.csv.gz", 400, 140),
        ("binance/candles/2023/06/01/BTCUSDT.csv.gz", 400, 140), ("nowhere/trades/2023/06/01/BTCUSDT.csv.gz", 400, 100),
        ("binance/trades/2023/02/29/BTCUSDT.csv.gz", 400, 110), ("binance/trades/2023/6/01/BTCUSDT.csv.gz", 400, 110),
        ("binance/trades/2023/06/01/BTCUSDT.csv", 404, 404), ("binance/trades/2023/06/02/BTCUSDT.csv.gz", 401, 10),
        ("nothing", 404, 404),
    ])
    func whatThereIsNotIsRefusedInJSON(path: String, status: Int, code: Int) throws {
        let answer = try get(path)
        #expect(answer.status == status)
        #expect(answer.json["code"] == .integer(code))
    }

    @Test func aWrongKeyIsRefusedEvenOnFreeDays() throws {
        let wrong = ["Authorization": "Bearer other"]
        #expect(try get("binance/trades/2023/06/01/BTCUSDT.csv.gz", wrong).status == 401)
        #expect(try get("binance/trades/2023/06/02/BTCUSDT.csv.gz", wrong).status == 401)
        #expect(try get("api-key-info", wrong).status == 401)
        #expect(try get("api-key-info", key).json.array?.count == 3)
    }

    @Test func keyedDaysRedirectToAnotherPortThatWantsNoKey() throws {
        let answer = try get("binance/trades/2023/06/02/BTCUSDT.csv.gz", key)
        #expect(answer.status == 302)
        let location = try #require(answer.headers["location"])
        let base = test.world.wasabiServer.url
        #expect(location.hasPrefix(base + "/"))
        let target = String(location.dropFirst(base.count))
        let wasabi = try TestClient(test.world.wasabiServer)
        #expect(try wasabi.call("GET", target, key).status == 400)
        #expect(test.violations.count == 1)
        #expect(try wasabi.call("GET", target).body.starts(with: [0x1F, 0x8B]))
        #expect(try wasabi.call("GET", target + "0").status == 403)
    }

    @Test(arguments: ["", "Python-urllib/3.11"])
    func cloudflareWantsAnHonestUserAgent(agent: String) throws {
        let answer = try get("exchanges", ["User-Agent": agent])
        #expect(answer.status == 403)
        #expect(answer.headers["content-type"] == "text/html")
    }

    @Test func aDownloadCanGoOnWhereItBroke() throws {
        let path = "binance/quotes/2023/06/01/BTCUSDT.csv.gz"
        let whole = try get(path)
        let etag = try #require(whole.headers["etag"])
        let rest = try get(path, ["Range": "bytes=1000-", "If-Range": etag])
        #expect(rest.status == 206)
        #expect(rest.body == Array(whole.body[1_000...]))
        #expect(try get(path, ["Range": "bytes=1000-", "If-Range": "\"other\""]).status == 200)
        #expect(try get(path, ["Range": "bytes=\(whole.body.count)-"]).status == 416)
    }

    @Test func emptyDataSetsHaveFourForms() throws {
        #expect(try get("binance/trades/2023/07/01/BTCUSDT.csv.gz").body.isEmpty)
        #expect(try inflated(get("binance/trades/2023/08/01/BTCUSDT.csv.gz").body) == "")
        let header = TickGenerator.DataType.trades.header
        #expect(try inflated(get("binance/trades/2023/09/01/BTCUSDT.csv.gz").body) == header + "\n")
        #expect(try inflated(get("binance/trades/2023/10/01/BTCUSDT.csv.gz").body) == header)
    }

    @Test func theKeyLockIsAFault() throws {
        try test.world.faults.add("service=tardis status=403 code=274 retry-after=893")
        let answer = try get("binance/trades/2023/06/02/BTCUSDT.csv.gz", key)
        #expect(answer.status == 403)
        #expect(answer.json["code"] == 274)
        #expect(answer.json["retryAfterSeconds"] == 893)
    }

    @Test func realFilesAreServedFromBothLayouts() throws {
        let data = "\(test.directory)/data"
        try Files.makeDirectory("\(data)/bybit/trades/2023/05/02")
        let header = TickGenerator.DataType.trades.header + "\n"
        try Files.replace("\(data)/bybit/trades/2023/05/02/XRPUSD.csv.gz", with: "any bytes")
        try Files.replace("\(data)/binance_trades_2020-02-01_BTCUSDT.first-1.csv", with: header)
        let real = try TestWorld { $0.tardis.data = data }
        let client = try real.tardis()
        let plain = try client.call("GET", "/v1/binance/trades/2020/02/01/BTCUSDT.csv.gz")
        #expect(try inflated(plain.body) == header)
        #expect(try client.call("GET", "/v1/bybit/trades/2023/05/02/XRPUSD.csv.gz", key).status == 302)
        #expect(try client.call("GET", "/v1/bybit/trades/2023/06/01/NOPE.csv.gz").json["code"] == 300)
        let listed = try client.call("GET", "/v1/exchanges/bybit").json["datasets"]?["symbols"]?.array
        #expect(listed?.first?["dataTypes"] == ["trades"])
    }

    // MARK: what a key opens

    private let later = "2023/06/02/BTCUSDT.csv.gz"

    @Test func aKeyMayCoverSomeExchangesAndDaysOnly() throws {
        let covered = ["binance-futures=2023-01-01..2023-06-03", "deribit=..2020-01-01"].compactMap { KeyCoverage($0) }
        let test = try TestWorld { $0.tardis.keyCoverage = covered }
        let client = try test.tardis()
        func status(_ path: String) throws -> Int { try client.call("GET", "/v1/\(path)", key).status }
        #expect(try status("binance-futures/trades/\(later)") == 302)
        #expect(try status("binance-futures/trades/2023/06/03/BTCUSDT.csv.gz") == 401)
        #expect(try status("binance-futures/trades/2022/12/31/BTCUSDT.csv.gz") == 401)
        let refused = try client.call("GET", "/v1/binance/trades/\(later)", key)
        #expect(refused.status == 401 && refused.json["code"] == 12)
        #expect(refused.json["message"]?.string?.contains("does not have access to 'binance' data") == true)
        #expect(try status("binance/trades/2023/06/01/BTCUSDT.csv.gz") == 200)
        #expect(
            try client.call("GET", "/v1/api-key-info", key).json.array?.map { [$0["exchange"], $0["from"], $0["to"]] }
                == [
                    ["binance-futures", "2023-01-01T00:00:00.000Z", "2023-06-03T00:00:00.000Z"],
                    ["deribit", "2019-03-30T00:00:00.000Z", "2020-01-01T00:00:00.000Z"],
                ]
        )
    }

    @Test(arguments: [
        "", "binance=", "binance=2023-01-01", "binance=2023-01-01..never", "binance=2023-13-01..2024-01-01",
    ])
    func otherCoverageIsNone(text: String) {
        #expect(KeyCoverage(text) == nil)
    }

    @Test func aKeyIsLockedToTheAddressThatUsedItLast() throws {
        let addresses = ["vm-1": "34.84.0.2", "vm-2": "34.84.0.2", "vm-3": "34.84.0.9"]
        var settings = TardisService.Configuration(
            catalogue: .standard(exportedUntil: .today()),
            cache: "\(test.directory)/lock",
            apiKey: "the-key"
        )
        settings.keyLockSeconds = 1
        settings.address = { addresses[$0] ?? $0 }
        let service = try TardisService(settings, wasabi: WasabiService())
        func ask(_ vm: String, _ path: String = "binance/trades/2023/06/02/BTCUSDT.csv.gz") throws -> Answer {
            let server = try SandboxServer(service: service, recorder: Recorder(), client: vm)
            defer { server.stop() }
            return try TestClient(server).call("GET", "/v1/\(path)", key)
        }
        #expect(try ask("vm-1").status == 302)
        #expect(try ask("vm-2").status == 302)
        let refused = try ask("vm-3")
        #expect(refused.status == 403 && refused.json["code"] == 274 && refused.json["retryAfterSeconds"] == 1)
        #expect(try ask("vm-3", "binance/trades/2023/06/01/BTCUSDT.csv.gz").status == 200)
        waitUntil { (try? ask("vm-3").status) == 302 }
        #expect(try ask("vm-1").status == 403)
    }

    @Test func linksEnd() throws {
        let test = try TestWorld { $0.linkLifetimeSeconds = 0 }
        let answer = try test.tardis().call("GET", "/v1/binance/trades/\(later)", key)
        let target = try #require(answer.headers["location"]).dropFirst(test.world.wasabiServer.url.count)
        let expired = try TestClient(test.world.wasabiServer).call("GET", String(target))
        #expect(expired.status == 403)
        #expect(expired.text.contains("<Code>AccessDenied</Code><Message>Request has expired</Message>"))
        #expect(expired.text.contains("<X-Amz-Expires>0</X-Amz-Expires><Expires>20"))
    }

    // MARK: catalogue

    @Test func theCatalogueNamesTypesAndDays() throws {
        let ids = try get("exchanges").json.array?.compactMap { $0["id"]?.string }
        #expect(ids == ["binance", "binance-futures", "deribit"])
        let exchange = try get("exchanges/binance-futures").json
        #expect(exchange["datasets"]?["exportedUntil"] == "2024-01-01T00:00:00.000Z")
        let symbol = try #require(exchange["datasets"]?["symbols"]?.array?.first)
        #expect(symbol["id"] == "BTCUSDT")
        #expect(symbol["availableSince"] == "2019-11-17T00:00:00.000Z")
        #expect(symbol["dataTypes"]?.array?.contains("liquidations") == true)
        #expect(exchange["availableSymbols"]?.array?.first?["dataTypes"] == nil)
        #expect(try get("exchanges/nowhere").status == 400)
    }

    @Test func theCatalogueIsPackedOnRequest() throws {
        let packed = try get("exchanges", ["Accept-Encoding": "gzip, zstd"])
        #expect(packed.headers["content-encoding"] == "gzip")
        #expect(try inflated(packed.body) == get("exchanges").text)
    }
}

/// Unpacks a gzip member, its CRC checked.
func inflated(_ packed: [UInt8]) throws -> String {
    var packed = packed
    var text = [UInt8](repeating: 0, count: 4 << 20)
    let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    defer { state.deallocate() }
    let (status, count) = packed.withUnsafeMutableBufferPointer { source in
        text.withUnsafeMutableBufferPointer { target in
            tick_isal_begin_inflate(state)
            state.pointee.crc_flag = UInt32(ISAL_GZIP)
            state.pointee.next_in = source.baseAddress
            state.pointee.avail_in = UInt32(source.count)
            state.pointee.next_out = target.baseAddress
            state.pointee.avail_out = UInt32(target.count)
            let status = isal_inflate(state)
            return (status, target.count - Int(state.pointee.avail_out))
        }
    }
    try #require(status == ISAL_DECOMP_OK && state.pointee.block_state == ISAL_BLOCK_FINISH)
    return String(decoding: text.prefix(count), as: UTF8.self)
}
