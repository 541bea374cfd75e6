import Synchronization
import Testing
import Transport

@testable import GoogleCloud

/// What is written under faults: small ones in one request, larger ones by a session of three chunks.
private enum Job: CaseIterable, Sendable {
    case put, smallUpload, largeUpload

    private static let small = pattern(1_000)
    private static let large = pattern(700_000)

    var bytes: [UInt8] { self == .largeUpload ? Self.large : Self.small }
    var metadata: [String: String] { ["kit": "1", "rows": "7"] }

    func run(_ store: GCSStore, precondition: Precondition = .absent) async throws -> ObjectInfo {
        if self == .put {
            return try await store.put("x", bytes, options: PutOptions(metadata: metadata, precondition: precondition))
        }
        let upload = try await store.upload(
            "x",
            options: PutOptions(metadata: ["kit": "1"], precondition: precondition)
        )
        do {
            try await upload.write(bytes)
            return try await upload.finish(adding: ["rows": "7"])
        } catch {
            await upload.abort()
            throw error
        }
    }
}

@Suite struct GCSFaultTests {
    @Test(arguments: Job.allCases, FaultyStorage.Fault.allCases)
    fileprivate func oneFaultAtAnyRequestLeavesTheWholeObjectOrNone(job: Job, fault: FaultyStorage.Fault) async throws {
        var index = 0
        var lost = 0
        while true {
            let at = index
            let storage = try FaultyStorage { $0 == at ? fault : nil }
            do {
                let info = try await job.run(gcsStore(storage))
                #expect(info.metadata == job.metadata && info.crc32c == CRC32C.of(job.bytes))
                #expect(try await storage.calm.get("x", range: nil) == job.bytes, "\(job) \(fault) at \(at)")
                #expect(try await storage.calm.info("x") == info, "\(job) \(fault) at \(at)")
            } catch let error as StorageError {
                lost += 1
                #expect(error.kind == .uploadLost && fault == .sessionGone, "\(job) \(fault) at \(at): \(error)")
                #expect(try await storage.calm.listAll(prefix: "").isEmpty)
            }
            #expect(storage.violations == [], "\(job) \(fault) at \(at)")
            if storage.requests.count <= at { break }
            index += 1
        }
        // Only a session that is lost after its first chunk was let go of cannot be saved.
        #expect(lost == (job == .largeUpload && fault == .sessionGone ? 2 : 0))
    }

    @Test(arguments: Job.allCases)
    fileprivate func whenNothingWorksAnyMoreTheErrorIsClearAndNothingIsThere(job: Job) async throws {
        for from in 0..<4 {
            let time = FakeTime()
            let storage = try FaultyStorage { $0 >= from ? .unavailable : nil }
            let kind = await kindThrown { _ = try await job.run(gcsStore(storage, time: time)) }
            guard let kind else { continue }
            #expect(kind == .server(503))
            #expect(time.slept.withLock { $0.count } >= 3)
        }
    }

    @Test func theServersPauseIsKept() async throws {
        let time = FakeTime()
        let storage = try FaultyStorage { $0 == 1 ? .throttled : nil }
        _ = try await Job.largeUpload.run(gcsStore(storage, time: time))
        #expect(time.slept.withLock { $0 } == [.seconds(7)])
    }

    @Test func anotherWritersObjectIsAConflictEvenAfterARetry() async throws {
        for job in Job.allCases {
            let storage = try FaultyStorage { $0 == 0 ? .brokenBefore : nil }
            _ = try await storage.calm.put("x", [1], options: PutOptions())
            #expect(await kindThrown { _ = try await job.run(gcsStore(storage)) } == .preconditionFailed)
            #expect(try await storage.calm.get("x", range: nil) == [1])
        }
    }

    @Test func bytesThatChangeOnTheWayAreReadAgain() async throws {
        let storage = try FaultyStorage()
        let store = gcsStore(storage)
        _ = try await store.put("x", [1, 2], options: PutOptions())
        storage.changeNextRead()
        let bytes = try await store.get("x", range: nil)
        #expect(bytes == [1, 2] && storage.requests.count == 3)
    }

    @Test func abortCancelsTheSession() async throws {
        let storage = try FaultyStorage()
        let upload = try await gcsStore(storage).upload("x", options: PutOptions())
        try await upload.write(pattern(300_000))
        await upload.abort()
        #expect(storage.endedSessions == [499])
        #expect(storage.requests.last?.headers["Authorization"] == nil)
    }

    @Test func abortWorksForATaskThatIsCancelled() async throws {
        let storage = try FaultyStorage()
        let upload = try await gcsStore(storage).upload("x", options: PutOptions())
        try await upload.write(pattern(300_000))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            await upload.abort()
        }
        task.cancel()
        await task.value
        #expect(storage.endedSessions == [499])
    }

    @Test func aRefusedTokenIsFetchedAnewOnce() async throws {
        let counter = Mutex(0)
        let tokens = CachingTokens(clock: ToolClock(epochMicroseconds: { 0 })) {
            AccessToken(secret: Secret("t\(counter.withLock { $0 += 1; return $0 })"), expires: 3600)
        }
        let storage = try FaultyStorage(token: "t2")
        let info = try await gcsStore(storage, tokens: tokens).put("x", [1], options: PutOptions())
        #expect(info.size == 1 && storage.requests.map { $0.headers["Authorization"] } == ["Bearer t1", "Bearer t2"])
        let other = try FaultyStorage(token: "other")
        #expect(await kindThrown { _ = try await gcsStore(other, tokens: tokens).info("x") } == .unauthenticated)
    }

    @Test func aMissingBucketIsSaidAndCanBeMade() async throws {
        let storage = try FaultyStorage(bucket: nil)
        let store = gcsStore(storage)
        #expect(try await store.bucketExists() == false)
        #expect(await kindThrown { _ = try await store.put("x", [1], options: PutOptions()) } == .bucketMissing)
        #expect(
            await kindThrown { _ = try await store.list(prefix: "", delimiter: nil, pageToken: nil) } == .bucketMissing
        )
        #expect(await kindThrown { _ = try await store.info("x") } == .bucketMissing)
        try await store.createBucket(project: storage.project, location: "asia-northeast1")
        #expect(try await store.bucketExists())
        #expect(
            await kindThrown { try await store.createBucket(project: storage.project, location: "asia-northeast1") }
                == .preconditionFailed
        )
    }

    @Test(arguments: [
        (400, "", StorageError.Kind.invalid, RetryAdvice.never), (400, "CRC32C", .integrity, .never),
        (401, "", .unauthenticated, .never), (403, "", .permission, .never), (404, "", .notFound, .never),
        (404, "The specified bucket does not exist.", .bucketMissing, .never), (408, "", .server(408), .backoff),
        (412, "", .preconditionFailed, .never), (429, "", .throttled, .backoff), (500, "", .server(500), .backoff),
        (503, "", .server(503), .backoff),
    ])
    func aStatusHasAMeaning(status: Int, message: String, kind: StorageError.Kind, advice: RetryAdvice) {
        let body = Array("{\"error\":{\"code\":\(status),\"message\":\"\(message)\"}}".utf8)
        let response = HTTPResponse(head: HTTPHead(status: status, headers: [:], url: ""), body: body)
        let error = StorageError(response, operation: "o", missing: .notFound, now: 0)
        #expect(error.kind == kind && error.retryAdvice == advice)
    }

    @Test func aRateLimitIsNoQuestionOfPermission() {
        let body = Array("{\"error\":{\"errors\":[{\"reason\":\"rateLimitExceeded\"}]}}".utf8)
        let head = HTTPHead(status: 403, headers: ["Retry-After": "9"], url: "")
        let error = StorageError(HTTPResponse(head: head, body: body), operation: "o", missing: .notFound, now: 0)
        #expect(error.kind == .throttled && error.retryAdvice == .after(.seconds(9)))
    }
}
