import FleetModel
import Common
import Console
@testable import Fleet
import GoogleCloud
import Testing
import Text

/// Whether a date's objects are all there and what they say they are.
@Suite struct MonitorVerifyTests {
    private let day: CalendarDate
    private let run: FleetRun
    private let store = CountingStore()

    init() async throws {
        day = try date("2023-05-23")
        run = try FleetRun(dates: [day], instruments: runbookInstruments(), shards: 60)
        let plan = run.plan(for: day, created: 0)
        try await store.plan(plan)
        for object in plan.objects { try await store.bring(object, rows: 5, source: 80, bytes: 40) }
    }

    private func verify() async throws -> VerifyReport {
        let reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow })
        return VerifyReport(try await reader.report(day, vms: .init(nil)))
    }

    private var objects: [DataObject] { run.plan(for: day, created: 0).objects }

    @Test func aWholeDateIsWhole() async throws {
        let report = try await verify()
        #expect(report.isWhole)
        #expect(report.right == 220)
        #expect(report.short == [])
        let text = MonitorText(place: "gs://b", width: nil, color: false).verify(report, notes: [])
        #expect(text == "2023-05-23 is complete: each of 220 expected objects is there and agrees with its metadata\n")
    }

    @Test func whereAListingHasNoChecksumsVerifyAsksForThemAndTheOthersSaySo() async throws {
        let store = CountingStore(listsNoChecksums: true)
        let plan = run.plan(for: day, created: 0)
        try await store.plan(plan)
        for object in plan.objects { try await store.bring(object, rows: 5, source: 80, bytes: 40) }
        // Other bytes of the same size, their metadata kept.
        let changed = [UInt8](repeating: 2, count: 40)
        let honest = metadata(plan.objects[7]).encoded
        _ = try await store.put(plan.objects[7].name, changed, options: PutOptions(metadata: honest))
        store.forget()

        let reader = MonitorReader(store: store, vms: nil, prefix: prefix, now: { monitorNow })
        let brief = try await reader.report(day, vms: .init(nil))
        #expect(VerifyReport(brief).isWhole && store.made.count == 3)
        #expect(MonitorText.notes(brief).contains { $0.contains("sizes were compared; 'verify' asks") })
        let complete = try await reader.report(day, vms: .init(nil), checksums: true)
        #expect(VerifyReport(complete).damaged.map(\.name) == [plan.objects[7].name])
        #expect(!MonitorText.notes(complete).contains { $0.contains("sizes were compared") })
        #expect(store.made.count { $0.hasPrefix("info ") } == 220)
    }

    @Test func aMissingObjectIsMissing() async throws {
        try await store.delete(objects[100].name, precondition: .none)
        let report = try await verify()
        #expect(!report.isWhole)
        #expect(report.missing == [objects[100].name])
        #expect(report.damaged == [])
    }

    private let bytes = [UInt8](repeating: 1, count: 40)

    private func metadata(_ object: DataObject) -> ObjectMetadata {
        fileMetadata(object, rows: 5, source: 80, content: .init(of: bytes))
    }

    @Test("each way of tampering that a listing shows", arguments: 0..<9)
    func tampered(way: Int) async throws {
        let object = objects[7]
        let honest = metadata(object).encoded
        func put(_ metadata: [String: String], _ changed: [UInt8]? = nil) async throws {
            _ = try await store.put(object.name, changed ?? bytes, options: PutOptions(metadata: metadata))
        }
        switch way {
        case 0: try await put([:])
        case 1: try await put(honest, [UInt8](repeating: 1, count: 39))
        // A copy of another symbol's file brings that one's metadata.
        case 2: try await put(metadata(objects[10]).encoded)
        case 3: try await put(honest.merging(["tick-rows": "0"]) { $1 })
        case 4: try await put(honest.merging(["tick-last": "\(day.endMicroseconds)"]) { $1 })
        case 5: try await put(honest.merging(["tick-rows": "1"]) { $1 })
        case 6: try await put(honest.merging(["tick-source-size": "0"]) { $1 })
        // Bytes replaced by as many others, the metadata kept.
        case 7: try await put(honest, [UInt8](repeating: 1, count: 39) + [2])
        default: try await put(honest.merging(["tick-crc32c": "AAAAAA=="]) { $1 })
        }
        let report = try await verify()
        #expect(report.damaged.map(\.name) == [object.name])
        #expect(report.missing == [])
        #expect(report.right == 219)
        #expect(!report.isWhole)
        try await put(honest)
        #expect(try await verify().isWhole)
    }

    @Test("bytes replaced while the metadata are kept are found by one listing, and said")
    func replaced() async throws {
        let object = objects[7]
        _ = try await store.put(
            object.name,
            [UInt8](repeating: 2, count: 40),
            options: PutOptions(metadata: metadata(object).encoded)
        )
        store.forget()
        let report = try await verify()
        #expect(store.made.filter { !$0.hasPrefix("list ") } == [])
        let reason = try #require(report.damaged.first?.reason)
        #expect(reason.hasPrefix("its bytes are not those that were written: their CRC-32C is "))
    }

    @Test("what the source does not have is not missing, once its VM has said so by name")
    func absent() async throws {
        let object = run.plan(for: day, created: 0).objects(ofShard: 3)[0]
        try await store.delete(object.name, precondition: .none)
        // A count names nothing, and another file's absence is not this one's.
        let other = run.plan(for: day, created: 0).objects(ofShard: 3)[1]
        for absences in [[], [other.name]] {
            try await store.beat(
                beat(run, day, shard: 3, phase: .done) { state in
                    state.figures.absent = 1
                    state.figures.done = state.figures.total - 1
                    state.absences = absences.map(absence)
                }
            )
            #expect(try await verify().missing == [object.name])
        }
        try await store.beat(
            beat(run, day, shard: 3, phase: .running) { state in
                state.figures.absent = 1
                state.absences = [absence(object.name)]
            }
        )
        let report = try await verify()
        #expect(report.absent == [object.name])
        #expect(report.isWhole)
        #expect(
            MonitorText(place: "gs://b", width: nil, color: false).verify(report, notes: [])
                .hasPrefix(
                    "2023-05-23 is complete: 219 of 220 expected objects are there and right, the source does not have"
                )
        )
    }

    @Test("a file that does not span the day is said, and is no fault")
    func short() async throws {
        let object = objects[0]
        var metadata = metadata(object)
        metadata.lastTime = day.startMicroseconds + 5 * 3_600_000_000
        _ = try await store.put(object.name, bytes, options: PutOptions(metadata: metadata.encoded))
        let report = try await verify()
        #expect(report.isWhole)
        #expect(report.short.map(\.name) == [object.name])
        #expect(report.short.map(\.reason) == ["its last row is 19h 0m before midnight"])
    }

    @Test func theDocumentCanBeRead() async throws {
        try await store.delete(objects[0].name, precondition: .none)
        let text = JSONValue.object(try await verify().json(place: "gs://b", notes: ["a \"note\""])).text(.pretty)
        let read = try JSONValue(parsing: Array(text.utf8))
        #expect(read["whole"]?.bool == false)
        #expect(read["missing"]?.array?.count == 1)
        #expect(read["notes"]?.array?.first?.string == "a \"note\"")
    }

    @Test("costs are those of the time that VMs ran and of the bytes that came")
    func costs() async throws {
        let prices = try PriceTable(
            """
            as_of,region,item,unit,usd,note
            2025-03-06,asia-northeast1,vm/e2-highmem-2/preemptible,hour,0.06,
            2025-03-06,asia-northeast1,disk/pd-standard,GB-month,0.0,
            2025-03-06,*,nat/vm,hour,0.0,
            2025-03-06,*,nat/data,GB,0.0,
            2025-03-06,*,address/nat,hour,0.0,
            2025-03-06,*,storage/class-a,1000 operations,0.0,
            2025-03-06,asia-northeast1,storage/standard,GB-month,0.023,
            """,
            name: "prices.csv"
        )
        // 60 VMs, an hour old each.
        let vms = (0..<60).map { vm(run, $0) }
        let reader = MonitorReader(store: store, vms: { vms }, prefix: prefix, now: { monitorNow })
        let report = try await reader.report(day, vms: try await reader.vms())
        let shape = CostReport.Shape(
            machineType: "n2-standard-2",
            diskGigabytes: 100,
            diskType: "pd-standard",
            isPreemptible: false,
            region: "us-central1"
        )
        let cost = CostReport(report, shape: shape, prices: prices)
        #expect(cost.workers == 60)
        #expect(cost.worked == .seconds(60 * 3_600))
        #expect(abs(cost.soFar.once - 3.6) < 0.001)
        #expect(cost.toCome.lines == [])
        let text = MonitorText(place: "gs://b", width: nil, color: false).cost(cost, notes: [])
        #expect(text.contains("estimate: 60 preemptible e2-highmem-2 for 1h 00m: $3.60"))
        #expect(cost.json["so_far"]?["once_usd"]?.double.map { abs($0 - 3.6) < 0.001 } == true)
    }
}
