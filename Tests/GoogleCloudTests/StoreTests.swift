import FoundationEssentials
import Glibc
import Synchronization
import Testing
import Transport

@testable import GoogleCloud

@Test func memoryConforms() async throws {
    try await checkConformance(MemoryStore())
}

@Test func aFolderConforms() async throws {
    try await withFolder { try await checkConformance(DirectoryStore($0 + "/new/place/")) }
}

@Test func cloudStorageConforms() async throws {
    let storage = try FaultyStorage()
    try await checkConformance(gcsStore(storage))
    #expect(storage.violations == [])
}

@Test func aListingGoesOnFromPageToPage() async throws {
    let names = (0..<2_345).map { "p/\($0 + 10_000)" }
    let store = MemoryStore()
    for name in names { _ = try await store.put(name, [], options: PutOptions()) }
    let first = try await store.list(prefix: "p/", delimiter: nil, pageToken: nil)
    #expect(first.objects.count == 1000 && first.nextPageToken != nil)
    let all = try await store.listAll(prefix: "p/")
    #expect(all.map(\.name) == names)
}

@Test func groupsAreCountedOnAPageAndNotRepeatedOnTheNext() {
    let names = ["a/1", "a/2", "b/1", "c", "d/1", "d/2"]
    var token: String?
    var seen: [[String]] = []
    repeat {
        let page = ListingPage(of: names, prefix: "", delimiter: "/", pageToken: token, limit: 2)
        seen.append(page.prefixes + page.names)
        token = page.nextPageToken
    } while token != nil
    #expect(seen == [["a/", "b/"], ["d/", "c"]])
}

@Test func theChecksumIsTheStandardOneHoweverItIsFed() {
    #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.of([]) == 0)
    #expect(CRC32C.base64(0xE306_9283) == "4waSgw==" && CRC32C.value(base64: "4waSgw==") == 0xE306_9283)
    #expect(CRC32C.value(base64: "4waS") == nil && CRC32C.value(base64: "?") == nil)
    let bytes = pattern(100_000)
    var running = CRC32C()
    running.update(bytes[..<77])
    running.update(bytes[77...])
    #expect(running.value == CRC32C.of(bytes))
}

@Suite struct DirectoryStoreTests {
    @Test(arguments: ["/a", "a/../b", "../a", "a//b", "a/", "./a", ".tick-store/x"])
    func namesThatLeaveTheFolderAreRefused(name: String) async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            #expect(await kindThrown { _ = try await store.put(name, [1], options: PutOptions()) } == .invalid)
            #expect(await kindThrown { _ = try await store.get(name, range: nil) } == .invalid)
        }
    }

    @Test func objectsArePlainFilesAndBookkeepingIsNotListed() async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            _ = try await store.put("a/b.parquet", [1, 2, 3], options: PutOptions())
            #expect(try [UInt8](Data(contentsOf: URL(filePath: folder + "/a/b.parquet"))) == [1, 2, 3])
            let names = try await store.listAll(prefix: "").map(\.name)
            #expect(names == ["a/b.parquet"])
            let page = try await store.list(prefix: ".tick", delimiter: "/", pageToken: nil)
            #expect(page.objects.isEmpty && page.prefixes.isEmpty)
        }
    }

    @Test func aFilePutThereByHandIsAnObjectAndACopyFindsItsMetadata() async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            let info = try await store.put("x", [1, 2], options: PutOptions(metadata: ["rows": "2"]))
            try Data([1, 2]).write(to: URL(filePath: folder + "/copy"))
            unlink(folder + "/x")
            rename(folder + "/copy", folder + "/x")
            let copied = try await store.info("x")
            #expect(copied?.metadata == ["rows": "2"] && copied?.generation == info.generation)

            try Data([9]).write(to: URL(filePath: folder + "/x"))
            let foreign = try await store.info("x")
            #expect(foreign?.metadata == [:] && foreign?.crc32c == CRC32C.of([9]) && foreign?.generation != 0)
        }
    }

    @Test func bytesThatChangedOnDiskAreNoticed() async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            _ = try await store.put("x", [1, 2], options: PutOptions())
            var before = stat()
            stat(folder + "/x", &before)
            let descriptor = open(folder + "/x", O_WRONLY)
            pwrite(descriptor, [7], 1, 0)
            // As rot does it: without a trace in the file's times.
            var times = [before.st_atim, before.st_mtim]
            futimens(descriptor, &times)
            close(descriptor)
            #expect(await kindThrown { _ = try await store.get("x", range: nil) } == .integrity)
        }
    }

    @Test func whatDeadWritersLeftIsSweptAndLivingOnesAreLeftAlone() async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            let living = try await store.upload("x", options: PutOptions())
            try await living.write([1])
            // A killed writer's file is one that nobody holds a lock on.
            try Data([1]).write(to: URL(filePath: folder + "/.tick-store/tmp/dead"))
            _ = try await store.put("y", [2], options: PutOptions())
            let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/.tick-store/tmp")
            #expect(left.count == 1 && left != ["dead"])
            _ = try await living.finish(adding: [:])
            let names = try await store.listAll(prefix: "").map(\.name)
            #expect(names == ["x", "y"])
        }
    }

    @Test func aWriterKilledBetweenRecordAndNameLeavesTheOldObjectWhole() async throws {
        try await withFolder { folder in
            let store = DirectoryStore(folder)
            let old = try await store.put("x", [1], options: PutOptions(metadata: ["v": "old"]))
            let files = store.files
            let record = try #require(files.record("x"))
            let identity = FileIdentity(inode: 1, modifiedNanoseconds: 2, size: 3)
            let new = DirectoryRecord.Content(
                file: identity,
                crc32c: 0,
                generation: old.generation + 1,
                metageneration: 1,
                contentType: "x",
                updated: "",
                metadata: ["v": "new"]
            )
            try files.write(DirectoryRecord(name: "x", contents: [new] + record.contents))
            let found = try await store.info("x")
            #expect(found == old)
        }
    }

    @Test func manyWritersOfOneNameHaveOneWinner() async throws {
        try await withFolder { folder in
            let winners = await withTaskGroup(of: Int?.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        let options = PutOptions(metadata: ["by": "\(index)"], precondition: .absent)
                        let written = try? await DirectoryStore(folder).put("x", [UInt8(index)], options: options)
                        return written == nil ? nil : index
                    }
                }
                return await group.reduce(into: [Int]()) { if let winner = $1 { $0.append(winner) } }
            }
            #expect(winners.count == 1)
            let bytes = try await DirectoryStore(folder).get("x", range: nil)
            let info = try await DirectoryStore(folder).info("x")
            #expect(bytes.map(Int.init) == winners && info?.metadata["by"] == winners.first.map { "\($0)" })
        }
    }
}

@Test func placesOpenTheirStores() throws {
    func open(_ place: String) throws -> any ObjectStore {
        try openObjectStore(
            place,
            environment: ["STORAGE_EMULATOR_HOST": "h:9/"],
            transport: ScriptedAnswers([]),
            tokens: AnonymousTokens()
        )
    }
    #expect(try open("memory:") is MemoryStore && open("some/folder/").location == "some/folder")
    let bucket = try open("gs://market-data-tick/")
    #expect(bucket.location == "gs://market-data-tick" && (bucket as? GCSStore)?.client.endpoint == "http://h:9")
    for place in ["", "gs://", "gs://a", "gs://bucket/folder", "gs://Bucket", "s3://bucket"] {
        #expect(throws: StorageError.self) { try open(place) }
    }
}

@Test(arguments: [
    ([:], "https://storage.googleapis.com"),
    (["STORAGE_EMULATOR_HOST": "http://127.0.0.1:9000"], "http://127.0.0.1:9000"),
    (["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": "http://127.0.0.1:1/storage/v1/"], "http://127.0.0.1:1"),
    (["STORAGE_EMULATOR_HOST": "http://a:1", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": "http://b:1"], "http://a:1"),
])
func theEndpointComesFromTheEnvironment(environment: [String: String], endpoint: String) {
    #expect(GCSStore.endpoint(environment: environment) == endpoint)
}
