import Sandbox
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

/// Buckets that answer otherwise than an ordinary one.
@Suite struct UnusualBucketTests {
    @Test func aListingWithoutChecksumsIsReadAndCompletedWhereItMatters() async throws {
        var settings = Sandbox.BucketSettings()
        settings.kmsKey = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
        let storage = try FaultyStorage(bucket: settings)
        let store = gcsStore(storage)
        for name in ["a", "b", "c"] { _ = try await store.put(name, pattern(10), options: PutOptions()) }
        let listed = try await store.listAll(prefix: "")
        #expect(listed.map(\.name) == ["a", "b", "c"] && listed.allSatisfy { $0.crc32c == nil && $0.size == 10 })
        let complete = try await store.withChecksums(listed)
        #expect(complete.map(\.name) == ["a", "b", "c"])
        #expect(complete.allSatisfy { $0.crc32c == CRC32C.of(pattern(10)) })
        _ = try await store.delete("b", precondition: .none)
        #expect(try await store.withChecksums(listed).map(\.name) == ["a", "c"])
    }

    @Test func aListingThatNamesItselfAsTheNextPageEnds() async {
        let page = "{\"items\":[],\"nextPageToken\":\"same\"}"
        let answers = ScriptedAnswers([(200, page), (200, page)])
        let store = GCSStore(bucket: "b", transport: answers, tokens: AnonymousTokens(), retry: RetryPolicy(tries: 1))
        #expect(await kindThrown { _ = try await store.listAll(prefix: "") } == .invalid)
        #expect(answers.requests.count == 2)
    }

    @Test(arguments: [
        ("\"5\"", true), ("\"0\"", true), ("\"5497558138880\"", true), ("\"5497558138881\"", false), ("\"-1\"", false),
        ("\"9223372036854775807\"", false), ("\"x\"", false),
    ])
    func sizesAreThoseThatObjectsCanHave(size: String, isRead: Bool) async throws {
        let answers = ScriptedAnswers([(200, "{\"items\":[{\"name\":\"a\",\"size\":\(size),\"generation\":\"7\"}]}")])
        let store = GCSStore(bucket: "b", transport: answers, tokens: AnonymousTokens(), retry: RetryPolicy(tries: 1))
        let page = try? await store.list(prefix: "", delimiter: nil, pageToken: nil)
        #expect((page?.objects.count == 1) == isRead)
        #expect(page?.objects.first?.metadata ?? [:] == [:])
    }

    @Test(arguments: [
        (
            "retentionPolicyNotMet",
            "Object 'b/a' is subject to bucket's retention policy and cannot be deleted or overwritten"
        ),
        (
            "forbidden",
            "Object 'b/a' is under active Temporary hold and cannot be deleted, overwritten or archived until hold is removed."
        ),
        ("forbidden", "Object 'b/a' is under active Event-Based hold and cannot be deleted"),
    ])
    func whatMayNotBeReplacedIsNoLackOfPermission(reason: String, message: String) async {
        let body = "{\"error\":{\"code\":403,\"message\":\"\(message)\",\"errors\":[{\"reason\":\"\(reason)\"}]}}"
        let store = GCSStore(
            bucket: "b",
            transport: ScriptedAnswers([(403, body)]),
            tokens: AnonymousTokens(),
            retry: RetryPolicy(tries: 1)
        )
        #expect(await kindThrown { _ = try await store.put("a", [1], options: PutOptions()) } == .retained)
    }

    @Test func aKeptRangeThatCannotBeIsAContradiction() async {
        let store = GCSStore(
            bucket: "b",
            transport: KeepsEverything(),
            tokens: AnonymousTokens(),
            retry: RetryPolicy(tries: 1),
            chunkBytes: 1
        )
        let kind = await kindThrown {
            let upload = try await store.upload("a", options: PutOptions())
            for _ in 0..<3 { try await upload.write(pattern(256 << 10)) }
            _ = try await upload.finish(adding: [:])
        }
        #expect(kind == .integrity)
    }
}

/// Says that it keeps more bytes than there can be.
private struct KeepsEverything: HTTPTransport {
    func download(_ request: HTTPRequest) async throws -> HTTPDownload {
        let isOpening = request.method == "POST"
        let headers: HTTPHeaders =
            isOpening ? ["Location": "https://session.test/"] : ["Range": "bytes=0-9223372036854775807"]
        return HTTPDownload(
            head: HTTPHead(status: isOpening ? 200 : 308, headers: headers, url: request.url),
            next: { nil },
            cancel: {}
        )
    }
}
