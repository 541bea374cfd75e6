import Common
import GoogleCloud
import Testing

struct WholenessTests {
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
            source: .init(path: "/v1/binance/trades/2023/05/23/BTCUSDT.csv.gz", size: 77, etag: "\"abc\"")
        )
    }

    private func info(_ metadata: [String: String], size: Int64 = 500, name: String? = nil) -> ObjectInfo {
        ObjectInfo(name: name ?? expected.name, size: size, crc32c: 1, generation: 1, metadata: metadata)
    }

    @Test func metadataComesBack() {
        #expect(ObjectMetadata(metadata.encoded) == metadata)
        let empty = ObjectMetadata(
            dataType: .quotes,
            rows: 0,
            firstTime: nil,
            lastTime: nil,
            source: .init(path: "/x", size: 20)
        )
        #expect(ObjectMetadata(empty.encoded) == empty)
        #expect(empty.encoded["tick-outcome"] == "empty")
        #expect(metadata.encoded.keys.allSatisfy { $0.hasPrefix("tick-") })
    }

    @Test func aFinishedObjectIsWhole() {
        #expect(isWhole(info(metadata.encoded), expected: expected))
        #expect(Wholeness.judge(info(metadata.encoded), expected: expected) == .whole(metadata))
    }

    @Test(
        arguments: [
            ("tick-rows", nil), ("tick-rows", "-1"), ("tick-rows", "0"), ("tick-outcome", "empty"),
            ("tick-outcome", nil),
            ("tick-first", nil), ("tick-last", "x"), ("tick-type", "quotes"), ("tick-type", nil), ("tick-schema", "2"),
            ("tick-first", "1684799999999999"), ("tick-last", "1684886400000000"), ("tick-source-path", nil),
            ("tick-last", "1684800000000000.5"), ("tick-kit", nil),
        ] as [(String, String?)]
    )
    func anObjectThatIsNotAsExpectedIsNotWhole(key: String, value: String?) {
        var changed = metadata.encoded
        changed[key] = value
        #expect(!isWhole(info(changed), expected: expected))
    }

    @Test func foreignObjectsAreNotWhole() {
        #expect(!isWhole(info([:]), expected: expected))
        #expect(!isWhole(info(metadata.encoded, size: 11), expected: expected))
        #expect(!isWhole(info(metadata.encoded, name: "x"), expected: expected))
        #expect(
            Wholeness.judge(info(["a": "b"]), expected: expected)
                == .notWhole("its metadata is not that of a finished download")
        )
    }
}
