import Common
import Testing

struct ShardStateTests {
    private var state: ShardState {
        var state = ShardState(vm: "tick-data-vm-3", shard: 3, shards: 60, attempt: 2, phase: .running, now: 1_000)
        state.figures.total = 9
        state.figures.done = 1
        state.figures.skipped = 2
        state.figures.empty = 3
        state.figures.absent = 1
        state.figures.failed = 2
        state.figures.rows = 1_125_899_906_842_623
        state.figures.bytesIn = 5
        state.figures.bytesOut = 6
        state.figures.bytesPerSecond = 7
        state.current = ["a/b", "c/d"]
        state.absences = [.init(object: "x", reason: "not archived")]
        state.note(error: .init(object: "y", reason: "line 3: \"é\""))
        state.note(error: .init(object: "z", reason: "broken"))
        state.updated = 2_000
        return state
    }

    @Test func theDocumentComesBack() throws {
        #expect(try ShardState(decoding: state.encoded()) == state)
        #expect(state.encoded() == state.encoded())
        #expect(
            String(decoding: state.encoded(), as: UTF8.self).contains("\"updated\": \"1970-01-01T00:00:00.002000Z\"")
        )
    }

    @Test func theMetadataComesBackWithoutTheLongLists() throws {
        var expected = state
        expected.current = ["a/b"]
        expected.absences = []
        let read = try #require(ShardState(metadata: state.metadata))
        #expect(read.errors == [.init(object: "y", reason: "line 3: \"é\"")])
        #expect(read.figures == state.figures)
        #expect(read.current == ["a/b"])
        #expect(read.updated == 2_000 && read.started == 1_000 && read.attempt == 2 && read.phase == .running)
        #expect(read.vm == "tick-data-vm-3" && read.shard == 3 && read.shards == 60)
    }

    @Test func metadataOfOtherObjectsIsNoHeartbeat() {
        #expect(ShardState(metadata: [:]) == nil)
        for key in ["tick-vm", "tick-state", "tick-rows", "tick-schema", "tick-updated"] {
            var metadata = state.metadata
            metadata[key] = nil
            #expect(ShardState(metadata: metadata) == nil, "\(key)")
        }
        var later = state.metadata
        later["tick-schema"] = "2"
        #expect(ShardState(metadata: later) == nil)
    }

    /// Whoever may write the bucket may write these.
    @Test(arguments: [
        ("tick-files-done", "9223372036854775807"), ("tick-shards", "9223372036854775807"), ("tick-shard", "-1"),
        ("tick-rows", "-1"), ("tick-rows", "1125899906842625"), ("tick-bytes-in", "9223372036854775807"),
        ("tick-started", "9223372036854775807"), ("tick-updated", "-9223372036854775808"), ("tick-attempt", "x"),
        ("tick-attempt", "99999999999999999999"), ("tick-updated", "253402300800000000"),
    ])
    func numbersOutOfBoundsAreNoHeartbeat(key: String, value: String) {
        var metadata = state.metadata
        metadata[key] = value
        #expect(ShardState(metadata: metadata) == nil)
        let name = String(key.dropFirst(5)).replacing("-", with: "_")
        let member = ["started", "updated"].contains(name) ? name + "_us" : name
        let lines = String(decoding: state.encoded(), as: UTF8.self).split(separator: "\n")
        let changed = lines.map { $0.hasPrefix("  \"\(member)\":") ? "  \"\(member)\": \(value)," : String($0) }
        #expect(changed != lines.map(String.init))
        let document = Array(changed.joined(separator: "\n").replacing(",\n}", with: "\n}").utf8)
        #expect(throws: DocumentError.self) { try ShardState(decoding: document) }
    }

    /// One character may have thousands of bytes, and an object has room for 8 KiB of metadata.
    @Test func metadataIsCutByBytes() {
        var state = ShardState(vm: "v", shard: 0, shards: 1, now: 0)
        let mark = "a" + String(repeating: "\u{301}", count: 6_000)
        state.note(error: .init(object: mark, reason: mark))
        state.current = [mark]
        #expect(state.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 4_096)
    }

    @Test func metadataStaysSmall() {
        var state = state
        state = ShardState(vm: state.vm, shard: 0, shards: 1, now: 0)
        state.note(error: .init(object: "o", reason: String(repeating: "long ", count: 10_000)))
        #expect(state.metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } < 4_096)
    }

    @Test func onlyTheFirstErrorsAreKept() throws {
        var state = state
        for index in 0..<100 { state.note(error: .init(object: "\(index)", reason: "r")) }
        #expect(state.errors.count == ShardState.keptErrors)
        #expect(state.errors.first?.object == "y")
        #expect(try ShardState(decoding: state.encoded()) == state)
    }

    @Test(arguments: [
        (0, 0, 0, ShardPhase.empty), (3, 3, 0, .done), (3, 0, 3, .failed), (3, 1, 2, .partial),
    ])
    func theEndFollowsFromTheFigures(total: Int, done: Int, failed: Int, phase: ShardPhase) {
        var state = ShardState(vm: "v", shard: 0, shards: 1, now: 0)
        state.figures.total = total
        state.figures.done = done
        state.figures.failed = failed
        #expect(state.finishedPhase == phase)
        #expect(phase.isFinal)
    }

    @Test func aBrokenDocumentNamesTheHeartbeat() {
        let error = #expect(throws: DocumentError.self) { try ShardState(decoding: Array("{\"schema\":1}".utf8)) }
        #expect(error?.description == "the heartbeat cannot be used: \"vm\" is missing or not as it should be")
    }
}
