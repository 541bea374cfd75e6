import Tardis
import Testing
import Transport

private func dataset(_ symbol: String = "BTCUSDT", day: Int = 23) -> Dataset {
    Dataset(exchange: "binance", dataType: "trades", year: 2023, month: 5, day: day, symbol: symbol)
}

private typealias Answer = ScriptedTransport.Answer

private func client(
    _ transport: ScriptedTransport,
    _ clock: PausedClock = PausedClock(),
    key: String? = "secret-key",
    change: (inout TardisClient.Options) -> Void = { _ in }
) -> TardisClient {
    var options = TardisClient.Options()
    options.datasetsURL = "https://datasets.test"
    options.key = key.map { Secret($0) }
    change(&options)
    return TardisClient(options: options, transport: transport, clock: clock.clock)
}

private func collect(_ download: DatasetDownload) async throws -> String {
    var bytes: [UInt8] = []
    while let piece = try await download.next() { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
}

private let passingTroubles: [(Int, HTTPHeaders, Duration)] = [
    (429, ["Retry-After": "7"], .seconds(7)), (429, ["Retry-After": "0"], .seconds(1)),
    (429, ["Retry-After": "-1"], .seconds(1)), (500, [:], .seconds(1)), (503, [:], .seconds(1)),
    (502, ["Content-Type": "text/html"], .seconds(1)), (408, [:], .seconds(1)), (418, [:], .seconds(1)),
    (520, [:], .seconds(1)), (521, [:], .seconds(1)), (522, [:], .seconds(1)), (523, [:], .seconds(1)),
    (524, [:], .seconds(1)), (530, ["Retry-After": "9"], .seconds(9)),
]

/// What the storage behind a redirect may say of a link.
private let refusedLinks = [400, 401, 403, 404, 410]

/// `retryAfterSeconds` and `Retry-After` of a lock, and the pause that follows.
private let lockTimes: [(String, HTTPHeaders, Duration)] = [
    ("893", [:], .seconds(893)), ("0", [:], .seconds(5)), ("-893", [:], .seconds(5)), ("0.25", [:], .seconds(5)),
    ("1e30", [:], .seconds(3600)), ("9223372036854775807", [:], .seconds(3600)), ("null", [:], .seconds(900)),
    ("null", ["Retry-After": "0"], .seconds(5)), ("null", ["Retry-After": "9223372036854775807"], .seconds(3600)),
    ("null", ["Retry-After": "99999999999999999999"], .seconds(3600)), ("\"x\"", [:], .seconds(900)),
]

/// No ranges at this server; only a weak ETag; the file has changed; a range that was not asked for; a shorter file.
private let brokenTransfers: [(HTTPHeaders, Int?, String)] = [
    (["ETag": "\"v1\""], nil, ""),
    (["ETag": "W/\"v1\"", "Accept-Ranges": "bytes"], nil, ""),
    (["ETag": "\"v1\"", "Accept-Ranges": "bytes"], 200, ""),
    (["ETag": "\"v1\"", "Accept-Ranges": "bytes"], 206, "bytes 2-5/6"),
    (["ETag": "\"v1\"", "Accept-Ranges": "bytes"], 416, "bytes */3"),
]

@Suite struct DatasetTests {
    @Test(arguments: [
        ("BTCUSDT", "BTCUSDT"), ("btcusdt", "BTCUSDT"), ("BTC/USD", "BTC-USD"), ("a:b", "A-B"), ("@107", "%40107"),
        ("WHO?", "WHO%3F"), ("BTC_USD.P", "BTC_USD.P"), ("哈", "%E5%93%88"), ("A B", "A%20B"),
    ])
    func symbolsAreWrittenIntoTheURLAsTardisWantsThem(symbol: String, name: String) {
        #expect(dataset(symbol).path == "/v1/binance/trades/2023/05/23/\(name).csv.gz")
    }

    @Test func aKeyedDayIsAskedForWithTheKeyAndItsBodyIsGivenAsItIs() async throws {
        let transport = ScriptedTransport([Answer(200, ["Content-Length": "6", "ETag": "\"e\""], "abcdef")])
        let download = try await client(transport).download(dataset())
        #expect(try await collect(download) == "abcdef")
        #expect(await download.etag == "\"e\"")
        #expect(await download.size == 6)
        let request = try #require(transport.requests.first)
        #expect(request.url == "https://datasets.test/v1/binance/trades/2023/05/23/BTCUSDT.csv.gz")
        #expect(request.headers["Authorization"] == "Bearer secret-key")
        #expect(request.headers["Accept-Encoding"] == "gzip")
    }

    @Test func aFreeDayIsAskedForWithoutTheKey() async throws {
        let transport = ScriptedTransport([Answer(200, [:], "x")])
        _ = try await collect(try await client(transport).download(dataset(day: 1)))
        #expect(transport.requests.first?.headers["Authorization"] == nil)
    }

    @Test(arguments: [
        (400, "{\"code\":300,\"message\":\"Invalid 'symbol' param\"}", TardisError.Kind.notArchived, true),
        (400, "{\"code\":140,\"message\":\"no data\"}", .notAvailable, true),
        (404, "", .notFound, true),
        (400, "{\"code\":1,\"message\":\"bad\"}", .unexpected(status: 400), false),
        (401, "{\"code\":10,\"message\":\"no\"}", .unauthorized, false),
        (401, "{\"code\":11,\"message\":\"expired\"}", .unauthorized, false),
        (403, "<html>denied</html>", .refused, false),
    ])
    func finalAnswersAreThrownAtOnce(status: Int, body: String, kind: TardisError.Kind, isAbsence: Bool) async throws {
        let transport = ScriptedTransport([Answer(status, [:], body)])
        let error = await #expect(throws: TardisError.self) { _ = try await client(transport).download(dataset()) }
        #expect(error?.kind == kind)
        #expect(error?.isAbsence == isAbsence)
        #expect(transport.requests.count == 1)
        #expect(error.map { "\($0)" }?.contains("secret-key") == false)
    }

    @Test func withoutAKeyTheErrorSaysWhatToSet() async throws {
        let transport = ScriptedTransport([Answer(401, [:], "{}")])
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport, key: nil).download(dataset())
        }
        #expect(error?.detail.contains("TARDIS_API_KEY") == true)
    }

    @Test(arguments: passingTroubles)
    func passingTroubleIsTriedAgainUnderAnotherURL(status: Int, headers: HTTPHeaders, pause: Duration) async throws {
        let clock = PausedClock()
        let transport = ScriptedTransport([Answer(status, headers), Answer(200, [:], "ok")])
        #expect(try await collect(try await client(transport, clock).download(dataset())) == "ok")
        #expect(clock.pauses == [pause])
        #expect(transport.requests[1].url.hasSuffix(".csv.gz?retryAttempt=1"))
    }

    @Test(arguments: refusedLinks)
    func aLinkThatTheStorageRefusesIsNoWordAboutTheKey(status: Int) async throws {
        let refused = Answer(
            status,
            [:],
            "<Error><Code>AccessDenied</Code></Error>",
            url: "https://s3.test/x?X-Amz-Expires=1"
        )
        let transport = ScriptedTransport([refused, Answer(200, [:], "ok", url: "https://s3.test/y")])
        #expect(try await collect(try await client(transport).download(dataset())) == "ok")
        // The second request goes to Tardis for another link.
        #expect(transport.requests[1].url == "https://datasets.test\(dataset().path)?retryAttempt=1")
    }

    @Test func aStorageThatRefusesEveryLinkIsATemporaryFailure() async throws {
        let refused = Answer(403, [:], "", url: "https://s3.test/x")
        let transport = ScriptedTransport([refused, refused, refused])
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport) { $0.retry.tries = 3 }.download(dataset())
        }
        #expect(error?.kind == .storage(status: 403) && error?.isAbsence == false)
    }

    @Test func theISO8601AnswerIsTriedAgain() async throws {
        let body = "{\"code\":1,\"message\":\"date must be in ISO 8601 format\"}"
        let transport = ScriptedTransport([Answer(400, [:], body), Answer(200, [:], "ok")])
        #expect(try await collect(try await client(transport).download(dataset())) == "ok")
    }

    @Test func aVeryLongRetryAfterMeansThatTheQuotaIsGone() async throws {
        let transport = ScriptedTransport([Answer(429, ["Retry-After": "3600"])])
        let error = await #expect(throws: TardisError.self) { _ = try await client(transport).download(dataset()) }
        #expect(error?.kind == .quotaGone)
    }

    @Test func triesAreBounded() async throws {
        let transport = ScriptedTransport(Array(repeating: Answer(503), count: 3))
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport) { $0.retry.tries = 3 }.download(dataset())
        }
        #expect(error?.kind == .server(status: 503))
        #expect(transport.requests.count == 3)
    }

    @Test func aLockedKeyIsWaitedForAndNotHammered() async throws {
        let clock = PausedClock()
        let locked = Answer(403, [:], "{\"code\":274,\"message\":\"in use\",\"retryAfterSeconds\":893}")
        let transport = ScriptedTransport([locked, Answer(200, [:], "ok")])
        #expect(try await collect(try await client(transport, clock).download(dataset())) == "ok")
        #expect(clock.pauses == [.seconds(893)])
    }

    @Test(arguments: lockTimes)
    func aLocksOwnTimeIsBelievedWithinBounds(seconds: String, headers: HTTPHeaders, pause: Duration) async throws {
        let clock = PausedClock()
        let locked = Answer(403, headers, "{\"code\":274,\"retryAfterSeconds\":\(seconds)}")
        let transport = ScriptedTransport([locked, Answer(200, [:], "ok")])
        #expect(try await collect(try await client(transport, clock).download(dataset())) == "ok")
        #expect(clock.pauses == [pause])
    }

    @Test func aLockWithoutATimeIsAskedLessAndLessOftenAndEndsWithItsBudget() async throws {
        let clock = PausedClock()
        let locked = Answer(403, [:], "{\"code\":274,\"retryAfterSeconds\":0}")
        let transport = ScriptedTransport(Array(repeating: locked, count: 9))
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport, clock) { $0.lockBudget = .seconds(1000) }.download(dataset())
        }
        #expect(error?.kind == .locked)
        #expect(clock.pauses == [5, 10, 20, 40, 80, 160, 320, 320].map { Duration.seconds($0) })
    }

    @Test func aLockThatHasPassedHoldsNobodyUp() async throws {
        let clock = PausedClock()
        let locked = Answer(403, [:], "{\"code\":274,\"retryAfterSeconds\":100}")
        let transport = ScriptedTransport([locked, Answer(404), Answer(200, [:], "ok")])
        let tardis = client(transport, clock)
        _ = try? await tardis.download(dataset())
        #expect(clock.pauses == [.seconds(100)])
        #expect(try await collect(try await tardis.download(dataset("ETHUSDT"))) == "ok")
        #expect(clock.pauses == [.seconds(100)])
    }

    @Test func aLockIsGivenUpWhenItsBudgetIsSpent() async throws {
        let locked = Answer(403, [:], "{\"code\":274,\"retryAfterSeconds\":900}")
        let transport = ScriptedTransport([locked, locked])
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport) { $0.lockBudget = .seconds(1000) }.download(dataset())
        }
        #expect(error?.kind == .locked)
        #expect(transport.requests.count == 2)
    }

    @Test func aBrokenTransferGoesOnWhereItBroke() async throws {
        let headers: HTTPHeaders = ["Content-Length": "6", "ETag": "\"v1\"", "Accept-Ranges": "bytes"]
        let transport = ScriptedTransport([
            Answer(200, headers, "abc", breaks: .broken),
            Answer(206, ["Content-Range": "bytes 3-5/6"], "def"),
        ])
        #expect(try await collect(try await client(transport).download(dataset())) == "abcdef")
        #expect(transport.requests[1].headers["Range"] == "bytes=3-")
        #expect(transport.requests[1].headers["If-Range"] == "\"v1\"")
    }

    @Test(arguments: brokenTransfers)
    func whatCannotBeContinuedIsReportedAsInterrupted(first: HTTPHeaders, second: Int?, range: String) async throws {
        var answers = [Answer(200, first, "abc", breaks: .broken)]
        if let second { answers.append(Answer(second, ["Content-Range": range], "xyz")) }
        let transport = ScriptedTransport(answers)
        let download = try await client(transport).download(dataset())
        let error = await #expect(throws: TardisError.self) { _ = try await collect(download) }
        #expect(error?.kind == .interrupted)
        #expect(error?.retryAdvice == .backoff)
        #expect(transport.requests.count == answers.count)
    }

    @Test(
        arguments: [(["Content-Length": "3"], true), (["Transfer-Encoding": "Chunked"], true), ([:], false)]
            as [(HTTPHeaders, Bool)]
    )
    func anEndIsProvenByALengthOrByChunks(headers: HTTPHeaders, isProven: Bool) async throws {
        let download = try await client(ScriptedTransport([Answer(200, headers, "abc")])).download(dataset())
        #expect(await download.endIsProven == isProven)
    }

    @Test func aBreakBehindTheLastByteIsTheEnd() async throws {
        let transport = ScriptedTransport([Answer(200, ["Content-Length": "3"], "abc", breaks: .broken)])
        #expect(try await collect(try await client(transport).download(dataset())) == "abc")
        #expect(transport.requests.count == 1)
    }

    @Test func aBodyOfAnotherLengthThanAnnouncedIsNoEnd() async throws {
        let transport = ScriptedTransport([Answer(200, ["Content-Length": "10"], "abc")])
        let download = try await client(transport).download(dataset())
        let error = await #expect(throws: TardisError.self) { _ = try await collect(download) }
        #expect(error?.kind == .interrupted)
        #expect(error?.detail == "3 bytes came where 10 were announced")
    }
}

@Suite struct CatalogueTests {
    private static let body = """
        {"id":"binance","availableSymbols":[{"id":"NOPE"}],
         "datasets":{"exportedUntil":"2026-07-03T00:00:00.000Z","symbols":[
          {"id":"BTCUSDT","type":"spot","dataTypes":["trades","quotes"],
           "availableSince":"2019-03-30T00:00:00.000Z","availableTo":"2026-07-03T00:00:00.000Z"},
          {"id":"OLD","type":"spot","dataTypes":["trades"],
           "availableSince":"2020-01-01T00:00:00.000Z","availableTo":"2022-06-30T00:00:00.000Z"}]}}
        """

    @Test(arguments: [
        ("BTCUSDT", "trades", "2023-05-23", "available"), ("BTCUSDT", "trades", "2026-07-02", "available"),
        ("BTCUSDT", "trades", "2026-07-03", "notYet"), ("BTCUSDT", "liquidations", "2023-05-23", "absent"),
        ("BTCUSDT", "trades", "2019-03-29", "absent"), ("NOPE", "trades", "2023-05-23", "absent"),
        ("OLD", "trades", "2022-06-30", "available"), ("OLD", "trades", "2022-07-01", "absent"),
    ])
    func theCatalogueTellsWhatThereIs(symbol: String, type: String, date: String, expected: String) async throws {
        let transport = ScriptedTransport([Answer(200, [:], Self.body)])
        let catalogue = try await client(transport).catalogue(exchange: "binance")
        let found =
            switch catalogue.availability(symbol: symbol, dataType: type, date: date) {
            case .available: "available"
            case .absent: "absent"
            case .notYet: "notYet"
            }
        #expect(found == expected)
        #expect(transport.requests.first?.url == "https://api.tardis.dev/v1/exchanges/binance")
    }

    /// What is not told proves no absence.
    @Test(arguments: [
        "{\"id\":\"binance\"}", "{\"id\":\"binance\",\"datasets\":{\"symbols\":[]}}",
        "{\"id\":\"deribit\",\"datasets\":{\"symbols\":[{\"id\":\"BTCUSDT\",\"dataTypes\":[\"trades\"]}]}}",
    ])
    func whatNamesNoSymbolsOfTheExchangeIsNoCatalogue(body: String) async throws {
        let transport = ScriptedTransport([Answer(200, [:], body)])
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport).catalogue(exchange: "binance")
        }
        #expect(error?.kind == .malformed)
    }

    @Test(arguments: [
        "{\"id\":\"BTCUSDT\"}",
        "{\"id\":\"BTCUSDT\",\"dataTypes\":[\"trades\"],\"availableSince\":\"x\",\"availableTo\":\"\"}",
        "{\"id\":\"BTCUSDT\",\"availableSince\":\"9999\",\"availableTo\":\"0\"}",
    ])
    func whatASymbolDoesNotTellExcludesNothing(symbol: String) async throws {
        let body = "{\"id\":\"binance\",\"datasets\":{\"exportedUntil\":\"soon\",\"symbols\":[\(symbol)]}}"
        let transport = ScriptedTransport([Answer(200, [:], body)])
        let catalogue = try await client(transport).catalogue(exchange: "binance")
        #expect(catalogue.availability(symbol: "BTCUSDT", dataType: "trades", date: "2023-05-23") == .available)
    }

    @Test func whatIsNoCatalogueIsSaidToBeNone() async throws {
        let transport = ScriptedTransport([Answer(200, [:], "<html>")])
        let error = await #expect(throws: TardisError.self) {
            _ = try await client(transport).catalogue(exchange: "binance")
        }
        #expect(error?.kind == .malformed)
    }
}
