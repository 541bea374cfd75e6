@testable import Sandbox
import Testing
import Text

private let objects = "/storage/v1/b/special/o"

/// Buckets that are not plain: encrypted by a key of Cloud KMS, kept, held, paid for by the reader.
@Suite struct BucketKindTests {
    private func world(_ kinds: String...) throws -> (TestWorld, TestClient) {
        var settings = BucketSettings()
        for kind in kinds {
            let isKnown = settings.apply(kind)
            #expect(isKnown)
        }
        let test = try TestWorld { options in
            options.buckets = ["special"]
            options.bucketSettings = ["special": settings]
        }
        return (test, try test.storage())
    }

    private func put(_ name: String, _ text: String, _ client: TestClient) throws -> Answer {
        let target = "/upload/storage/v1/b/special/o?uploadType=media&name=\(name)"
        return try client.call("POST", target, ["Content-Type": "text/plain"], body: Array(text.utf8))
    }

    private func reason(_ answer: Answer) -> String? {
        answer.json["error"]?["errors"]?.array?.first?["reason"]?.string
    }

    @Test func listsOfAnEncryptedBucketShowNoChecksums() throws {
        let (test, client) = try world("cmek")
        let made = try put("a", "text", client).json
        #expect(made["crc32c"] != nil && made["md5Hash"] != nil)
        let listed = try client.call("GET", objects).json["items"]?.array?.first
        #expect(listed?["size"] == "4" && listed?["generation"] == made["generation"])
        #expect(listed?["crc32c"] == nil && listed?["md5Hash"] == nil)
        #expect(listed?["kmsKeyName"]?.string?.hasSuffix("/cryptoKeys/key/cryptoKeyVersions/1") == true)
        let read = try client.call("GET", "\(objects)/a")
        #expect(read.json["crc32c"] == made["crc32c"] && read.json["kmsKeyName"] != nil)
        #expect(try client.call("GET", "\(objects)/a?alt=media").headers["x-goog-hash"]?.hasPrefix("crc32c=") == true)
        let bucket = try client.call("GET", "/storage/v1/b/special").json
        #expect(bucket["encryption"]?["defaultKmsKeyName"] != nil && bucket["location"] == "ASIA-NORTHEAST1")
        #expect(test.violations.isEmpty)
    }

    @Test func keptObjectsCanBeNeitherReplacedNorDeleted() throws {
        let (test, client) = try world("retention:3600")
        #expect(try put("a", "one", client).json["retentionExpirationTime"] != nil)
        for answer in [try put("a", "two", client), try client.call("DELETE", "\(objects)/a")] {
            #expect(answer.status == 403 && reason(answer) == "retentionPolicyNotMet")
            #expect(
                answer.message.hasPrefix(
                    "Object 'special/a' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until 20"
                )
            )
        }
        #expect(try client.call("GET", "\(objects)/a?alt=media").text == "one")
        let patch = try client.call("PATCH", "\(objects)/a", json: ["metadata": ["rows": "1"]])
        #expect(patch.status == 200)
        let generation = try #require(patch.json["generation"]?.string)
        let stale = "/upload/storage/v1/b/special/o?uploadType=media&name=a&ifGenerationMatch=0"
        #expect(try client.call("POST", stale, ["Content-Type": "text/plain"], body: [1]).status == 412)
        let fresh = "/upload/storage/v1/b/special/o?uploadType=media&name=a&ifGenerationMatch=\(generation)"
        #expect(try client.call("POST", fresh, ["Content-Type": "text/plain"], body: [1]).status == 403)
        #expect(test.violations.isEmpty)
    }

    @Test func aResumableUploadMeetsTheRetentionAtItsEnd() throws {
        let (test, client) = try world("retention:3600")
        _ = try put("a", "one", client)
        let target = "/upload/storage/v1/b/special/o?uploadType=resumable&name=a"
        let start = try client.call("POST", target, json: [:])
        let session = try #require(start.headers["location"])
        let path = String(session.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" })
        let end = try client.call("PUT", path, ["Content-Range": "bytes 0-2/3"], body: Array("two".utf8))
        #expect(end.status == 403 && reason(end) == "retentionPolicyNotMet")
        #expect(test.violations.isEmpty)
    }

    @Test func retentionEnds() throws {
        let (test, client) = try world("retention:1")
        _ = try put("a", "one", client)
        waitUntil { (try? put("a", "two", client).status) == 200 }
        #expect(try client.call("GET", "\(objects)/a?alt=media").text == "two")
        #expect(test.violations.isEmpty)
    }

    @Test func heldObjectsStayUntilTheHoldIsTaken() throws {
        let (test, client) = try world("event-hold")
        #expect(try put("a", "one", client).json["eventBasedHold"] == true)
        let refused = try put("a", "two", client)
        #expect(
            refused.message
                == "Object 'special/a' is under active Event-Based hold and cannot be deleted, overwritten or archived until hold is removed."
        )
        #expect(refused.status == 403)
        #expect(try client.call("PATCH", "\(objects)/a", json: ["eventBasedHold": false]).status == 200)
        #expect(try client.call("PATCH", "\(objects)/a", json: ["temporaryHold": true]).status == 200)
        #expect(try client.call("DELETE", "\(objects)/a").message.contains("under active Temporary hold"))
        #expect(try client.call("PATCH", "\(objects)/a", json: ["temporaryHold": false]).status == 200)
        #expect(try client.call("DELETE", "\(objects)/a").status == 204)
        #expect(test.violations.isEmpty)
    }

    @Test func whoeverReadsNamesWhoPays() throws {
        let (test, client) = try world("requester-pays")
        let project = test.world.project.id
        for target in [objects, "\(objects)/a", "/storage/v1/b/special"] {
            let answer = try client.call("GET", target)
            #expect(answer.status == 400 && reason(answer) == "required")
            #expect(answer.message == "Bucket is a requester pays bucket but no user project provided.")
        }
        #expect(try put("a", "x", client).status == 400)
        #expect(try client.call("GET", "\(objects)?userProject=\(project)").status == 200)
        #expect(try client.call("GET", objects, ["x-goog-user-project": project]).status == 200)
        let other = try client.call("GET", "\(objects)?userProject=somebody-elses")
        #expect(other.status == 403 && other.reason == "USER_PROJECT_DENIED" && reason(other) == "forbidden")
        #expect(test.violations.isEmpty)
    }

    @Test(
        arguments: [
            (nil, "US", "multi-region"), ("asia-northeast1", "ASIA-NORTHEAST1", "region"),
            ("asia1", "ASIA1", "dual-region"),
        ] as [(String?, String, String)]
    )
    func aBucketIsWhereItWasAskedForAndInTheUSOtherwise(asked: String?, place: String, type: String) throws {
        let test = try TestWorld()
        var body: JSONObject = ["name": "new-one"]
        body["location"] = asked.map(JSONValue.string)
        let answer = try test.storage().call("POST", "/storage/v1/b?project=p", json: .object(body))
        #expect(answer.json["location"]?.string == place && answer.json["locationType"]?.string == type)
        #expect(answer.json["softDeletePolicy"]?["retentionDurationSeconds"] == "604800")
    }

    @Test func aPlaceThatIsNoneIsRefused() throws {
        let test = try TestWorld()
        let body: JSONValue = ["name": "new-one", "location": "Atlantis"]
        let answer = try test.storage().call("POST", "/storage/v1/b?project=p", json: body)
        #expect(answer.status == 400 && answer.message == "The specified location constraint is not valid.")
    }

    @Test(arguments: ["", "cmek:x", "retention", "retention:0", "retention:long", "location", "gold"])
    func otherKindsAreNone(word: String) {
        var settings = BucketSettings()
        let isKnown = settings.apply(word)
        #expect(!isKnown && settings == BucketSettings())
    }

    @Test func kindsOutliveTheSandbox() throws {
        let directory = try Files.makeTemporaryDirectory(prefix: "bucket-kinds")
        defer { Files.removeTree(directory) }
        var settings = BucketSettings()
        settings.kmsKey = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
        settings.retentionSeconds = 3_600
        for _ in 0..<2 {
            let storage = try StorageService(directory: directory)
            try storage.createBucket("special", settings)
            try storage.put(Array("x".utf8), as: "a\(Clock.microseconds())", in: "special")
            let all = try storage.store.objects(in: "special")
            #expect(all.allSatisfy { $0.kmsKey != nil && $0.keptUntil != nil })
        }
    }
}
