@testable import FleetModel
import Testing

struct HeartbeatTests {
    private let day: CalendarDate
    private let plan: PlanID

    init() throws {
        day = try date("2023-05-23")
        plan = try #require(PlanID("0a1b2c3d"))
    }

    private func small() -> Heartbeat { Heartbeat(date: day, plan: plan, vm: "v", shard: 0, shards: 1, now: 0) }

    private func listed(_ heartbeat: Heartbeat, _ metadata: [String: String]? = nil, written: Int64? = nil)
        -> ListedObject
    {
        ListedObject(name: heartbeat.name, size: 1, written: written, metadata: metadata ?? heartbeat.metadata)
    }

    private var state: Heartbeat {
        var state = Heartbeat(
            date: day,
            plan: plan,
            vm: "tick-data-vm-3",
            shard: 3,
            shards: 60,
            attempt: 2,
            phase: .running,
            process: .init(host: "my host", id: 17, began: 4_711),
            now: 1_000
        )
        state.figures.total = 9
        state.figures.done = 1
        state.figures.skipped = 2
        state.figures.empty = 3
        state.figures.absent = 1
        state.figures.failed = 2
        state.figures.rows = 17_592_186_044_415
        state.figures.bytesIn = 5
        state.figures.bytesOut = 6
        state.figures.bytesPerSecond = 7
        state.current = ["a/b", "c/d"]
        state.absences = [
            .init(object: "x", proof: .init(catalogue: "https://c/exchanges/e", read: 5, reason: "never had it"))
        ]
        state.note(error: .init(object: "y", reason: "line 3: \"é\""))
        state.note(error: .init(object: "z", reason: "broken"))
        state.updated = 2_000
        return state
    }

    @Test func theDocumentComesBack() throws {
        #expect(try Heartbeat(decoding: state.encoded()) == state)
        #expect(state.encoded() == state.encoded())
        #expect(
            String(decoding: state.encoded(), as: UTF8.self).contains("\"updated\": \"1970-01-01T00:00:00.002000Z\"")
        )
    }

    @Test func theMetadataComesBackWithoutTheLongLists() throws {
        let read = try #require(try Heartbeat(listed(state)))
        var expected = state
        expected.current = ["a/b"]
        expected.absences = [.init(object: "x", proof: nil)]
        #expect(read.errors == [.init(object: "y", reason: "line 3: \"é\"")])
        #expect(read.figures == state.figures && read.current == expected.current && read.absences == expected.absences)
        #expect(read.updated == 2_000 && read.started == 1_000 && read.attempt == 2 && read.phase == .running)
        #expect(
            read.vm == "tick-data-vm-3" && read.shard == 3 && read.shards == 60 && read.date == day && read.plan == plan
        )
        #expect(read.process == state.process)
        #expect(read.name == "_runs/2023-05-23/shards/tick-data-vm-3.0a1b2c3d.3.json")
    }

    /// The clocks of VMs differ; the store's is one.
    @Test func theStoresTimeCounts() throws {
        #expect(try Heartbeat(listed(state, written: 3_000))?.updated == 3_000)
    }

    @Test func absencesWithoutRoomForTheirNamesAreCounted() throws {
        var state = state
        state.absences = (0..<200).map { .init(object: "2023-05-23/trades/\($0)", proof: nil) }
        state.figures.absent = 200
        let read = try #require(try Heartbeat(listed(state)))
        #expect(read.absences.isEmpty && read.namesTooFewAbsences)
        #expect(state.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 8_192)
    }

    @Test func metadataOfOtherObjectsIsNoHeartbeat() throws {
        for key in ["tick-state", "tick-rows", "tick-schema", "tick-updated"] {
            var metadata = state.metadata
            metadata[key] = nil
            let error = #expect(throws: DocumentError.self) { try Heartbeat(listed(state, metadata)) }
            #expect(error?.reason == "its metadata has no \(key)")
        }
        var metadata = state.metadata
        metadata["tick-schema"] = "3"
        #expect(throws: DocumentError.self) { try Heartbeat(listed(state, metadata)) }
        metadata = state.metadata
        // Nobody says so of himself.
        metadata["tick-state"] = "LOST"
        #expect(throws: DocumentError.self) { try Heartbeat(listed(state, metadata)) }
        var other = listed(state)
        other.name = "_runs/2023-05-23/shards/tick-data-vm-3.json"
        #expect(try Heartbeat(other) == nil)
    }

    @Test func absencesThatAreNotCountedAreRefused() {
        var metadata = state.metadata
        metadata["tick-files-absent"] = "0"
        let error = #expect(throws: DocumentError.self) { try Heartbeat(listed(state, metadata)) }
        #expect(error?.reason == "it names more absences than it counts")
    }

    /// Whoever may write the bucket may write these.
    @Test(arguments: [
        ("tick-files-done", "9223372036854775807"), ("tick-shards", "9223372036854775807"), ("tick-shard", "-1"),
        ("tick-rows", "-1"), ("tick-rows", "17592186044417"), ("tick-bytes-in", "9223372036854775807"),
        ("tick-started", "9223372036854775807"), ("tick-updated", "-9223372036854775808"), ("tick-attempt", "x"),
        ("tick-attempt", "99999999999999999999"), ("tick-updated", "253402300800000000"),
    ])
    func numbersOutOfBoundsAreNoHeartbeat(key: String, value: String) {
        var metadata = state.metadata
        metadata[key] = value
        let error = #expect(throws: DocumentError.self) { try Heartbeat(listed(state, metadata)) }
        #expect(error?.reason == "its metadata has the \(key) \(value)")
        let name = String(key.dropFirst(5)).replacing("-", with: "_")
        let member = ["started", "updated"].contains(name) ? name + "_us" : name
        let lines = String(decoding: state.encoded(), as: UTF8.self).split(separator: "\n")
        let changed = lines.map { $0.hasPrefix("  \"\(member)\":") ? "  \"\(member)\": \(value)," : String($0) }
        #expect(changed != lines.map(String.init))
        let document = Array(changed.joined(separator: "\n").replacing(",\n}", with: "\n}").utf8)
        #expect(throws: DocumentError.self) { try Heartbeat(decoding: document) }
    }

    /// One character may have thousands of bytes, and an object has room for 8 KiB of metadata.
    @Test func metadataIsCutByBytes() {
        var state = small()
        let mark = "a" + String(repeating: "\u{301}", count: 6_000)
        state.note(error: .init(object: mark, reason: mark))
        state.current = [mark]
        #expect(state.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 4_096)
    }

    @Test func metadataStaysSmall() {
        var state = state
        state = small()
        state.note(error: .init(object: "o", reason: String(repeating: "long ", count: 10_000)))
        #expect(state.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 4_096)
    }

    @Test func onlyTheFirstErrorsAreKept() throws {
        var state = state
        for index in 0..<100 { state.note(error: .init(object: "\(index)", reason: "r")) }
        #expect(state.errors.count == Heartbeat.keptErrors)
        #expect(state.errors.first?.object == "y")
        #expect(try Heartbeat(decoding: state.encoded()) == state)
    }

    @Test(arguments: [
        (0, 0, 0, ShardPhase.empty), (3, 3, 0, .done), (3, 0, 3, .failed), (3, 1, 2, .partial),
    ])
    func theEndFollowsFromTheFigures(total: Int, done: Int, failed: Int, phase: ShardPhase) {
        var state = small()
        state.figures.total = total
        state.figures.done = done
        state.figures.failed = failed
        #expect(state.finishedPhase == phase)
        #expect(phase.isFinal)
    }

    @Test func aBrokenDocumentNamesTheHeartbeat() {
        let error = #expect(throws: DocumentError.self) { try Heartbeat(decoding: Array("{\"schema\":2}".utf8)) }
        #expect(error?.description == "the heartbeat cannot be used: \"date\" is missing or not as it should be")
    }
}
