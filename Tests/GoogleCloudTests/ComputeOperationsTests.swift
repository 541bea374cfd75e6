import Synchronization
import Testing
import Transport

@testable import GoogleCloud

@Suite("Compute Engine: operations")
struct ComputeOperationsTests {
    @Test("an operation is asked for until it is done, where it lives, with pauses that grow")
    func wait() async throws {
        for (link, path) in [
            (#""zone": "https://c/zones/z-1","#, "zones/z-1"), (#""region": "https://c/regions/r-1","#, "regions/r-1"),
            ("", "global"),
        ] {
            let google = ScriptedCompute(
                .json(#"{"name": "op-1", \#(link) "status": "PENDING"}"#),
                .json(#"{"name": "op-1", \#(link) "status": "RUNNING"}"#),
                .json(#"{"name": "op-1", \#(link) "status": "DONE"}"#)
            )
            let time = FakeTime()
            let scope: ComputeOperation.Scope =
                path == "global" ? .global : path.hasPrefix("z") ? .zone("z-1") : .region("r-1")
            let done = try await google.client(time).wait(ComputeOperation(name: "op-1", scope: scope, isDone: false))
            #expect(done.isDone && done.failures.isEmpty && done.scope == scope)
            #expect(google.asked == Array(repeating: "POST projects/p-1/\(path)/operations/op-1/wait", count: 3))
            #expect(time.slept.withLock { $0 } == [.milliseconds(100), .milliseconds(200)])
        }
    }

    @Test("an operation that is done is not asked for")
    func alreadyDone() async throws {
        let google = ScriptedCompute()
        _ = try await google.client().wait(ComputeOperation(name: "op-1", scope: .global, isDone: true))
        #expect(google.asked == [])
    }

    @Test("a stock-out names its code and the zones that have room; it is a value, not thrown")
    func stockOut() async throws {
        let google = ScriptedCompute(
            .json(
                """
                {"name": "op-1", "zone": "z/zones/europe-west4-a", "status": "DONE", "httpErrorStatusCode": 503,
                 "httpErrorMessage": "SERVICE UNAVAILABLE", "error": {"errors": [{"code": "ZONE_RESOURCE_POOL_EXHAUSTED",
                 "message": "The zone does not have enough resources.", "errorDetails": [{"help": {"links": []}},
                 {"localizedMessage": {"locale": "en-US", "message": "m"}}, {"errorInfo": {"reason": "resource_availability",
                 "metadatas": {"zone": "europe-west4-a", "zonesAvailable": "europe-west4-b,europe-west4-c"}}}]}]}}
                """
            )
        )
        let done = try await google.client().wait(
            ComputeOperation(name: "op-1", scope: .zone("europe-west4-a"), isDone: false)
        )
        #expect(
            done.failures == [
                .init(
                    code: "ZONE_RESOURCE_POOL_EXHAUSTED",
                    message: "The zone does not have enough resources.",
                    zonesAvailable: ["europe-west4-b", "europe-west4-c"]
                )
            ]
        )
        #expect(done.httpStatus == 503)
        let error = await errorThrown { () throws(GoogleAPIError) in try done.checked("create 60 VMs") }
        #expect(error?.kind == .stockOut)
    }

    @Test("a quota failure names the limit")
    func quota() async throws {
        let google = ScriptedCompute(
            .json(
                """
                {"name": "op-1", "status": "DONE", "httpErrorStatusCode": 403, "error": {"errors": [{"code": "QUOTA_EXCEEDED",
                 "message": "Quota 'CPUS' exceeded.  Limit: 24.0 in region asia-northeast1.", "errorDetails": [{"quotaInfo":
                 {"metricName": "compute.googleapis.com/cpus", "limitName": "CPUS-per-project-region",
                  "dimensions": {"region": "asia-northeast1"}, "limit": 24}}, {"errorInfo": {"metadatas": {"zonesAvailable": ""}}}]}]}}
                """
            )
        )
        let done = try await google.client().wait(ComputeOperation(name: "op-1", scope: .global, isDone: false))
        let failure = try #require(done.failures.first)
        #expect(failure.zonesAvailable == [])
        #expect(
            failure.quota
                == .init(limitName: "CPUS-per-project-region", metricName: "compute.googleapis.com/cpus", limit: 24)
        )
        let error = await errorThrown { () throws(GoogleAPIError) in try done.checked("create 60 VMs") }
        #expect(error?.kind == .quota)
        #expect(error?.description.contains("cannot create 60 VMs: QUOTA_EXCEEDED: Quota 'CPUS' exceeded.") == true)
    }

    @Test(
        "what a failure calls for follows from its code, then from the status",
        arguments: [
            ("RESOURCE_OPERATION_RATE_EXCEEDED", nil, GoogleAPIError.Kind.rateLimited),
            ("IAM_PERMISSION_DENIED", 403, .permission),
            ("RESOURCE_NOT_FOUND", 404, .notFound), ("RESOURCE_ALREADY_EXISTS", 409, .alreadyExists),
            ("RESOURCE_IN_USE_BY_ANOTHER_RESOURCE", 400, .conflict),
            ("ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", 503, .stockOut),
            ("SERVICE_ACCOUNT_ACCESS_DENIED", 400, .permission),
            ("SOMETHING", 500, .server(500)), ("SOMETHING", 400, .invalid), ("SOMETHING", nil, .invalid),
        ]
    )
    func kinds(code: String, status: Int?, kind: GoogleAPIError.Kind) {
        #expect(ComputeOperation.Failure(code: code, message: "m").kind(httpStatus: status) == kind)
    }

    @Test("a failure without a list of errors is one all the same; warnings are none")
    func shapes() async throws {
        let google = ScriptedCompute(
            .json(#"{"name": "o", "status": "DONE", "httpErrorStatusCode": 500, "httpErrorMessage": "INTERNAL"}"#),
            .json(#"{"name": "o", "status": "DONE", "warnings": [{"code": "DISK_SIZE_LARGER_THAN_IMAGE_SIZE"}]}"#)
        )
        let operation = ComputeOperation(name: "o", scope: .global, isDone: false)
        #expect(try await google.client().wait(operation).failures == [.init(code: "500", message: "INTERNAL")])
        #expect(try await google.client().wait(operation).failures == [])
    }

    @Test("the operations of a group are listed by a filter")
    func group() async throws {
        let google = ScriptedCompute(.json(#"{"items": [{"name": "o", "zone": "z/z-1", "status": "DONE"}]}"#))
        let found = try await google.client().operations(zone: "z-1", filter: "operationGroupId=\"g 1\"")
        #expect(found == [ComputeOperation(name: "o", scope: .zone("z-1"), isDone: true)])
        #expect(
            google.asked == [
                "GET projects/p-1/zones/z-1/operations?maxResults=500&filter=operationGroupId%3D%22g%201%22"
            ]
        )
    }

    @Test("requests keep to a rate: some at once after a rest, then evenly")
    func pace() {
        var rate = RequestRate(perSecond: 10, burst: 3)
        let pauses = (0..<5).map { _ in rate.reserve(now: .seconds(7)) }
        #expect(pauses == [.zero, .zero, .zero, .milliseconds(100), .milliseconds(200)])
        // Half a second later two more places have passed than were taken; a long rest gives no more than the burst.
        #expect(rate.reserve(now: .milliseconds(7_250)) == .milliseconds(50))
        #expect((0..<4).map { _ in rate.reserve(now: .seconds(90)) } == [.zero, .zero, .zero, .milliseconds(100)])
    }

    @Test("tasks at once share the rate")
    func pacer() async throws {
        let time = FakeTime()
        let pacer = RequestPacer(RequestRate(perSecond: 20, burst: 1), clock: time.clock)
        for _ in 0..<41 { try await pacer.turn() }
        #expect(time.slept.withLock { $0.reduce(.zero, +) } == .seconds(2))
    }
}
