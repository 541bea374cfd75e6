import Common
import FleetModel
import GoogleCloud
import Synchronization
import Testing

/// Plans in a bucket that others write into, too.
@Suite struct PlanStoreTests {
    private let store = MemoryStore()

    private func plan(_ shards: Int, _ day: String = "2023-05-23") throws -> Plan {
        let all = (0..<4).map { Instrument(venue: .binanceSpot, symbol: "S\($0)", kind: .spot) }
        return Plan(date: try date(day), instruments: all, shards: shards, created: 5)
    }

    @Test("of two that write at the same moment, one finds the other's plan", arguments: [(2, 2, 1), (2, 4, 2)])
    func race(first: Int, second: Int, plans: Int) async throws {
        let (one, other) = (try plan(first), try plan(second))
        for _ in 0..<20 {
            let store = MemoryStore()
            async let left = PlanStore(store).keep([one])
            async let right = PlanStore(store).keep([other])
            let names = [try await left, try await right]
            #expect(try await PlanStore(store).read(names[0], one.date).id == one.id)
            #expect(try await PlanStore(store).read(names[1], one.date).id == other.id)
            #expect(try await store.listAll(prefix: "_runs/").count == plans)
        }
    }

    /// Another launch writes just before this one.
    @Test func aPlanThatCameMeanwhileIsReadAgain() async throws {
        let (mine, theirs) = (try plan(2), try plan(4))
        let late = LateStore(inner: store) { [store] in _ = try await PlanStore(store).keep([theirs]) }
        let name = try await PlanStore(late).keep([mine])
        #expect(name == PlanName(id: mine.id))
        #expect(try await PlanStore(store).read(.standard, mine.date).id == theirs.id)
    }

    @Test func aPlanUnderTheNameOfAnotherIsRefused() async throws {
        let plan = try plan(2)
        let name = PlanName(id: try self.plan(4).id)
        _ = try await store.put(name.object(plan.date), plan.encoded(), options: PutOptions())
        await #expect(throws: DocumentError.self) { try await PlanStore(store).read(name, plan.date) }
    }

    @Test func aDamagedPlanStopsARun() async throws {
        _ = try await store.put("_runs/2023-05-23/plan.json", [1], options: PutOptions())
        let plan = try plan(2)
        let error = await #expect(throws: UsageErrorOfTests.self) {
            do { _ = try await PlanStore(store).keep([plan]) } catch { throw UsageErrorOfTests(text: "\(error)") }
        }
        #expect(error?.text.hasSuffix("; delete it, and run this again") == true)
    }
}

private struct UsageErrorOfTests: Error {
    let text: String
}

/// A store in which something happens just before the first write.
private struct LateStore: ObjectStore {
    let inner: MemoryStore
    let before: @Sendable () async throws -> Void
    private let isFirst = Flag()

    private final class Flag: Sendable {
        private let isSet = Mutex(false)
        func take() -> Bool {
            isSet.withLock { isSet in
                defer { isSet = true }; return !isSet
            }
        }
    }

    init(inner: MemoryStore, before: @escaping @Sendable () async throws -> Void) {
        self.inner = inner
        self.before = before
    }

    var location: String { inner.location }

    func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo {
        if isFirst.take() { try await before() }
        return try await inner.put(name, bytes, options: options)
    }

    func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload {
        try await inner.upload(name, options: options)
    }
    func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8] { try await inner.get(name, range: range) }
    func info(_ name: String) async throws -> ObjectInfo? { try await inner.info(name) }
    func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage {
        try await inner.list(prefix: prefix, delimiter: delimiter, pageToken: pageToken)
    }
    func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo {
        try await inner.patch(name, metadata: metadata, generation: generation)
    }
    @discardableResult
    func delete(_ name: String, precondition: Precondition) async throws -> Bool {
        try await inner.delete(name, precondition: precondition)
    }
}
