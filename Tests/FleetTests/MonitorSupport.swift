import Text
import Console
import FleetModel
import Common
@testable import Fleet
import GoogleCloud
import Synchronization
import Testing

/// A store that counts the requests that Cloud Storage would get.
final class CountingStore: ObjectStore {
    let inner = MemoryStore()
    private let requests = Mutex<[String]>([])
    /// As a bucket that encrypts with a customer-managed key: listings leave the checksums out.
    let listsNoChecksums: Bool

    init(listsNoChecksums: Bool = false) {
        self.listsNoChecksums = listsNoChecksums
    }

    var location: String { "gs://market-data-tick" }
    var made: [String] { requests.withLock { $0 } }

    func forget() { requests.withLock { $0 = [] } }

    private func note(_ request: String) { requests.withLock { $0.append(request) } }

    func put(_ name: String, _ bytes: [UInt8], options: PutOptions) async throws -> ObjectInfo {
        note("put \(name)")
        return try await inner.put(name, bytes, options: options)
    }

    func upload(_ name: String, options: PutOptions) async throws -> any ObjectUpload {
        note("upload \(name)")
        return try await inner.upload(name, options: options)
    }

    func get(_ name: String, range: Range<Int64>?) async throws -> [UInt8] {
        note("get \(name)")
        return try await inner.get(name, range: range)
    }

    func info(_ name: String) async throws -> ObjectInfo? {
        note("info \(name)")
        return try await inner.info(name)
    }

    func list(prefix: String, delimiter: String?, pageToken: String?) async throws -> ObjectPage {
        note("list \(prefix)")
        var page = try await inner.list(prefix: prefix, delimiter: delimiter, pageToken: pageToken)
        for index in page.objects.indices {
            if listsNoChecksums { page.objects[index].crc32c = nil }
            // The tests' clock is the store's.
            let written = page.objects[index].metadata["tick-updated"].flatMap { Int64($0) }
            page.objects[index].updated = written.map { CivilTime.rfc3339(epochMicroseconds: $0) } ?? ""
        }
        return page
    }

    func patch(_ name: String, metadata: [String: String?], generation: Int64) async throws -> ObjectInfo {
        note("patch \(name)")
        return try await inner.patch(name, metadata: metadata, generation: generation)
    }

    @discardableResult
    func delete(_ name: String, precondition: Precondition) async throws -> Bool {
        note("delete \(name)")
        return try await inner.delete(name, precondition: precondition)
    }
}

/// 2023-05-24T08:00:00Z, an hour after the VMs of `vm(_:)` were made.
let monitorNow: Int64 = 1_684_915_200_000_000

/// What the object of a whole file of these bytes says.
func fileMetadata(_ object: DataObject, rows: Int64, source: Int64, content: ObjectMetadata.Content) -> ObjectMetadata {
    ObjectMetadata(
        dataType: object.dataType,
        rows: rows,
        firstTime: rows > 0 ? object.date.startMicroseconds : nil,
        lastTime: rows > 0 ? object.date.endMicroseconds - 1 : nil,
        content: content,
        source: .init(path: sourcePath(object), size: source)
    )
}

extension ObjectStore {
    /// Writes a whole file of so many bytes.
    func bring(_ object: DataObject, rows: Int64, source: Int64, bytes: Int) async throws {
        let bytes = [UInt8](repeating: 7, count: bytes)
        let metadata = fileMetadata(object, rows: rows, source: source, content: .init(of: bytes))
        _ = try await put(object.name, bytes, options: PutOptions(metadata: metadata.encoded))
    }

    /// Writes a heartbeat as a VM does.
    func beat(_ state: Heartbeat) async throws {
        _ = try await put(
            state.name,
            state.encoded(),
            options: PutOptions(contentType: "application/json", metadata: state.metadata)
        )
    }

    /// Writes a plan as those who make plans do.
    func plan(_ plan: Plan, name: PlanName = .standard, withMetadata: Bool = true) async throws {
        _ = try await put(
            name.object(plan.date),
            plan.encoded(),
            options: PutOptions(
                contentType: "application/json",
                metadata: withMetadata ? plan.metadata(for: .init(of: plan.encoded())) : [:]
            )
        )
    }
}

/// The registry's instruments: 40 spot pairs and 20 perpetuals, 220 files a date.
func runbookInstruments() -> [Instrument] {
    (0..<40).map { Instrument(venue: .binanceSpot, symbol: "SPOT\($0)USDT", kind: .spot) }
        + (0..<20).map { Instrument(venue: .binanceFutures, symbol: "PERP\($0)USDT", kind: .perpetual) }
}

/// The report of what was read, put together by hand, at `monitorNow`.
func dateReport(
    _ run: FleetRun,
    vms: [ComputeInstance]? = [],
    beats: [Heartbeat] = [],
    objects: [ObjectInfo] = [],
    day: CalendarDate? = nil
) throws -> DateReport {
    let day = try day ?? #require(run.dates.first)
    let members = vms.map { $0.compactMap { ManagedVM($0, prefix: prefix) } }
    let facts = DateFacts(
        date: day,
        workers: members.map { $0.map(\.worker) },
        plans: [.init(name: .standard, plan: run.plan(for: day, created: 0))],
        heartbeats: beats,
        objects: objects.map { ListedObject($0) }
    )
    return DateReport(state: DateState(facts, now: monitorNow), members: members)
}
