import Testing
import Transport

@testable import Common

/// Times in a bucket are compared with the bucket's clock.
@Suite struct ServerClockTests {
    /// Answers each request with a date.
    private struct Dated: HTTPTransport {
        let date: String?

        func download(_ request: HTTPRequest) async throws -> HTTPDownload {
            var headers = HTTPHeaders()
            if let date { headers["date"] = date }
            return HTTPDownload(
                head: HTTPHead(status: 200, headers: headers, url: request.url),
                next: { nil },
                cancel: {}
            )
        }
    }

    // 2023-05-24T08:00:00Z
    private let local: Int64 = 1_684_915_200_000_000

    @Test(arguments: [
        ("Wed, 24 May 2023 09:00:00 GMT", Int64(3_600)), ("Wed, 24 May 2023 07:00:00 GMT", -3_600),
        ("Wed, 24 May 2023 08:00:29 GMT", 0), ("Wed, 24 May 2023 07:59:31 GMT", 0), ("tomorrow", 0), (nil, 0),
    ])
    func aClockThatIsWrongIsCorrected(date: String?, lead: Int64) async throws {
        let clock = ServerClock { [local] in local }
        _ = try await ClockedTransport(base: Dated(date: date), clock: clock).send(HTTPRequest("GET", "http://x/"))
        #expect(clock.epochMicroseconds() == local + lead * 1_000_000)
    }

    @Test func aClockThatWasSetRightIsBelievedAgain() async throws {
        let clock = ServerClock { [local] in local }
        for (date, lead) in [("Wed, 24 May 2023 09:00:00 GMT", 3_600), ("Wed, 24 May 2023 08:00:01 GMT", 0)] {
            _ = try await ClockedTransport(base: Dated(date: date), clock: clock).send(HTTPRequest("GET", "http://x/"))
            #expect(clock.epochMicroseconds() == local + Int64(lead) * 1_000_000)
        }
    }
}
