import FleetModel
import Common
import FoundationEssentials
import Glibc
import GoogleCloud
import Testing

struct ObjectStateTests {
    private let expected: DataObject
    private let metadata: ObjectMetadata

    init() throws {
        let day = try date("2023-05-23")
        expected = DataObject(date: day, dataType: .trades, venue: .binanceSpot, symbol: "BTCUSDT", kind: .spot)
        metadata = ObjectMetadata(
            dataType: .trades,
            rows: 5,
            firstTime: day.startMicroseconds,
            lastTime: day.endMicroseconds - 1,
            content: .init(size: 500, crc32c: 0xE306_9283),
            source: .init(path: "/v1/binance/trades/2023/05/23/BTCUSDT.csv.gz", size: 77, etag: "\"abc\"")
        )
    }

    private func info(
        _ metadata: [String: String],
        size: Int64 = 500,
        crc32c: UInt32? = 0xE306_9283,
        name: String? = nil
    ) -> ObjectInfo {
        ObjectInfo(name: name ?? expected.name, size: size, crc32c: crc32c, generation: 1, metadata: metadata)
    }

    @Test func metadataComesBack() {
        #expect(ObjectMetadata(metadata.encoded) == metadata)
        let empty = ObjectMetadata(
            dataType: .quotes,
            rows: 0,
            firstTime: nil,
            lastTime: nil,
            content: .init(size: 400, crc32c: 0),
            source: .init(path: "/x", size: 20)
        )
        #expect(ObjectMetadata(empty.encoded) == empty)
        #expect(empty.encoded["tick-outcome"] == "empty")
        #expect(metadata.encoded["tick-size"] == "500")
        // As Cloud Storage writes that of "123456789".
        #expect(metadata.encoded["tick-crc32c"] == "4waSgw==")
        #expect(metadata.encoded.keys.allSatisfy { $0.hasPrefix("tick-") })
    }

    @Test func aFinishedObjectIsWhole() {
        #expect(isWhole(info(metadata.encoded), expected: expected))
        #expect(ObjectState(info(metadata.encoded), expected: expected) == .whole(metadata))
    }

    @Test(
        arguments: [
            ("tick-rows", nil), ("tick-rows", "-1"), ("tick-rows", "0"), ("tick-outcome", "empty"),
            ("tick-outcome", nil),
            ("tick-first", nil), ("tick-last", "x"), ("tick-type", "quotes"), ("tick-type", nil), ("tick-schema", "2"),
            ("tick-first", "1684799999999999"), ("tick-last", "1684886400000000"), ("tick-source-path", nil),
            ("tick-last", "1684800000000000.5"), ("tick-kit", nil), ("tick-size", nil), ("tick-size", "501"),
            ("tick-crc32c", nil), ("tick-crc32c", "4waSgA=="), ("tick-crc32c", "3808858755"),
            ("tick-source-path", "/v1/binance/trades/2023/05/23/ETHUSDT.csv.gz"), ("tick-source-size", "0"),
            ("tick-rows", "9223372036854775807"), ("tick-first", "-9223372036854775808"),
            ("tick-last", "9223372036854775807"), ("tick-source-size", "9223372036854775807"),
        ] as [(String, String?)]
    )
    func anObjectThatIsNotAsExpectedIsNotWhole(key: String, value: String?) {
        var changed = metadata.encoded
        changed[key] = value
        #expect(!isWhole(info(changed), expected: expected))
    }

    @Test func bytesThatAreNotThoseThatWereWrittenAreNotWhole() {
        #expect(
            ObjectState(info(metadata.encoded, size: 501), expected: expected)
                == .damaged("it has 501 bytes, but 500 were written")
        )
        #expect(
            ObjectState(info(metadata.encoded, crc32c: 0), expected: expected)
                == .damaged("its bytes are not those that were written: their CRC-32C is AAAAAA==, not 4waSgw==")
        )
    }

    @Test func withoutAChecksumTheSizeDecides() {
        #expect(ObjectState(info(metadata.encoded, crc32c: nil), expected: expected) == .whole(metadata))
        #expect(!isWhole(info(metadata.encoded, size: 501, crc32c: nil), expected: expected))
    }

    @Test(arguments: Tampering.allCases)
    private func aFolderShowsWhatWasDoneToItsFiles(way: Tampering) async throws {
        var template = Array("/tmp/wholeness-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = DirectoryStore(folder)
        let bytes = [UInt8](repeating: 7, count: 500)
        var metadata = metadata
        metadata.content = .init(size: 500, crc32c: CRC32C.of(bytes))
        _ = try await store.put(expected.name, bytes, options: PutOptions(metadata: metadata.encoded))
        let path = "\(folder)/\(expected.name)"
        switch way {
        case .none: break
        case .copied:
            try Data(bytes).write(to: URL(filePath: path + ".copy"))
            try #require(rename(path + ".copy", path) == 0)
        case .changed, .lengthened:
            let descriptor = open(path, O_WRONLY)
            pwrite(descriptor, [8], 1, way == .changed ? 250 : 500)
            // The clock of files is too coarse for a test that writes twice at once.
            var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
            futimens(descriptor, &times)
            close(descriptor)
        case .rewritten:
            let others = [UInt8](repeating: 8, count: 500)
            _ = try await store.put(expected.name, others, options: PutOptions(metadata: metadata.encoded))
        case .overwritten:
            _ = try await store.put(expected.name, [UInt8](repeating: 8, count: 500), options: PutOptions())
        }
        let listed = try await store.listAll(prefix: "")
        #expect(listed.map { isWhole($0, expected: expected) } == [way == .none || way == .copied])
    }

    /// What may be done to a file behind the kit's back, or with its own means.
    private enum Tampering: CaseIterable {
        case none, copied, changed, lengthened, rewritten, overwritten
    }

    @Test func foreignObjectsAreNotWhole() {
        #expect(!isWhole(info([:]), expected: expected))
        #expect(!isWhole(info(metadata.encoded, size: 11), expected: expected))
        #expect(!isWhole(info(metadata.encoded, name: "x"), expected: expected))
        #expect(
            ObjectState(info(["a": "b"]), expected: expected)
                == .damaged("its metadata is not that of a finished download")
        )
    }
}

private func isWhole(_ info: ObjectInfo, expected: DataObject) -> Bool {
    ObjectState(info, expected: expected).metadata != nil
}
