public import Common
public import GoogleCloud
import Synchronization

/// Reads what the monitor shows, with as few requests as can be: for a date one list of VMs, one of the records and one of the
/// data, each with a page more per 500 VMs and 1,000 objects.
public struct MonitorReader: Sendable {
    /// Lists the project's VMs that have the kit's label.
    public typealias VMList = @Sendable () async throws -> [ComputeInstance]

    private let store: any ObjectStore
    private let listVMs: VMList?
    private let prefix: String
    private let registry: @Sendable (CalendarDate) -> Plan?
    private let cache = PlanCache()

    /// Compute Engine's filter for the kit's VMs.
    public static let vmFilter = "labels.\(FleetNames.Label.kit):*"
    /// From so many shards on the records of a date may fill more than one page, and the plan does not fit into metadata: then
    /// listing the heartbeats alone and reading the plan is cheaper than listing all records.
    private static let manyShards = 400

    /// A reader.
    ///
    /// - Parameters:
    ///   - vms: nil where there can be no VMs: the data is in a folder.
    ///   - registry: what is expected of a date that has no plan; nil when that is not known.
    public init(
        store: any ObjectStore,
        vms: VMList?,
        prefix: String,
        registry: @escaping @Sendable (CalendarDate) -> Plan? = { _ in nil }
    ) {
        self.store = store
        listVMs = vms
        self.prefix = prefix
        self.registry = registry
    }

    /// The project's VMs, or why they are not known.
    public struct VMs: Sendable {
        /// The VMs; nil when they are not known.
        public let list: [ComputeInstance]?
        /// Why they are not known, as a sentence; nil when they are, and where nobody asked.
        public let note: String?

        /// VMs that were listed, or were not.
        public init(_ list: [ComputeInstance]?, note: String? = nil) {
            self.list = list
            self.note = note
        }
    }

    /// Lists the VMs. Throws only when cancelled: the bucket tells most without them.
    public func vms() async throws -> VMs {
        guard let listVMs else {
            return VMs(nil, note: "VMs are left out: the data is in a folder of this machine")
        }
        do {
            return VMs(try await listVMs())
        } catch {
            try Task.checkCancellation()
            return VMs(nil, note: "VMs are left out: \(error)")
        }
    }

    /// Reads one date. With `checksums`, those that the listing leaves out are asked for, a request each. In this order, so that a VM which ends meanwhile has its last word and its files in what is read after it.
    /// Throws `StorageError`.
    public func snapshot(
        _ date: CalendarDate,
        vms: VMs,
        checksums: Bool = false
    ) async throws -> DateSnapshot {
        var snapshot = DateSnapshot(date: date, vms: vms.list, plans: [], heartbeats: [], objects: [])
        if let note = vms.note { snapshot.notes.append(note) }
        let members = (vms.list ?? []).compactMap { FleetMember($0, prefix: prefix) }.filter { $0.dates.contains(date) }
        if members.contains(where: { $0.shards ?? 0 > Self.manyShards }) {
            let beats = try await store.listAll(prefix: ObjectLayout.shardsPrefix(date))
            snapshot.heartbeats = beats.compactMap { FleetHeartbeat($0) }
            for name in Set(members.compactMap(\.plan)).sorted() { try await addPlan(named: name, to: &snapshot) }
        } else {
            let records = try await store.listAll(prefix: ObjectLayout.runPrefix(date))
            try await add(records, to: &snapshot)
        }
        try await finish(&snapshot, checksums: checksums)
        return snapshot
    }

    /// Reads the newest dates that have records, newest first, at most `limit`, and says how many there are in all. Throws
    /// `StorageError`.
    public func snapshots(limit: Int, vms: VMs) async throws -> (dates: [DateSnapshot], count: Int) {
        // A deployment of a few dates has all its records on one page.
        let page = try await store.list(prefix: ObjectLayout.runsPrefix, delimiter: nil, pageToken: nil)
        guard page.nextPageToken != nil else {
            let records = Dictionary(grouping: page.objects) { Self.date(ofRecord: $0.name) }
            let dates = records.keys.compactMap { $0 }.sorted(by: >)
            var found: [DateSnapshot] = []
            for date in dates.prefix(limit) {
                var snapshot = DateSnapshot(date: date, vms: vms.list, plans: [], heartbeats: [], objects: [])
                try await add(records[date] ?? [], to: &snapshot)
                try await finish(&snapshot)
                found.append(snapshot)
            }
            return (found, dates.count)
        }
        let dates = try await dates()
        var found: [DateSnapshot] = []
        for date in dates.prefix(limit) {
            found.append(try await snapshot(date, vms: VMs(vms.list)))
        }
        return (found, dates.count)
    }

    /// All dates that have records, newest first. Throws `StorageError`.
    public func dates() async throws -> [CalendarDate] {
        var found: Set<CalendarDate> = []
        var token: String?
        repeat {
            let page = try await store.list(prefix: ObjectLayout.runsPrefix, delimiter: "/", pageToken: token)
            found.formUnion(page.prefixes.compactMap(Self.date(ofRecord:)))
            token = page.nextPageToken
        } while token != nil
        return found.sorted(by: >)
    }

    private static func date(ofRecord name: String) -> CalendarDate? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count > 1 ? CalendarDate(String(parts[1])) : nil
    }

    /// Adds what a listing of the date's records tells. A plan is told by its object's metadata, or read once a generation.
    private func add(_ records: [ObjectInfo], to snapshot: inout DateSnapshot) async throws {
        for info in records {
            switch ObjectLayout.parse(info.name) {
            case .plan:
                let name = String(info.name.dropFirst(ObjectLayout.runPrefix(snapshot.date).count))
                if let plan = Plan(metadata: info.metadata) ?? cache[info], plan.date == snapshot.date {
                    snapshot.plans.append(.init(name: name, plan: plan))
                } else {
                    try await addPlan(named: name, as: info, to: &snapshot)
                }
            case .shard: if let beat = FleetHeartbeat(info) { snapshot.heartbeats.append(beat) }
            case .data, .log, nil: break
            }
        }
    }

    private func addPlan(named name: String, as info: ObjectInfo? = nil, to snapshot: inout DateSnapshot) async throws {
        let object = ObjectLayout.runPrefix(snapshot.date) + name
        do {
            let plan = try Plan(decoding: try await store.get(object, range: nil))
            guard plan.date == snapshot.date else {
                snapshot.damages.append("\(object) is the plan of \(plan.date)")
                return
            }
            snapshot.plans.append(.init(name: name, plan: plan))
            if let info { cache[info] = plan }
        } catch let error as DocumentError {
            snapshot.damages.append("\(object): \(error)")
        } catch let error as StorageError where error.kind == .notFound {
            snapshot.notes.append("the plan \(object) that VMs were told to read is not there")
        }
    }

    /// The data, and what is expected where nobody planned it.
    private func finish(_ snapshot: inout DateSnapshot, checksums: Bool = false) async throws {
        let listed = try await store.listAll(prefix: ObjectLayout.dataPrefix(snapshot.date))
        snapshot.objects = checksums ? try await store.withChecksums(listed) : listed
        if snapshot.objects.contains(where: { $0.crc32c == nil }) {
            snapshot.notes.append(
                "the bucket's listing has no checksums, as with a customer-managed key: sizes were compared"
                    + (checksums ? "" : "; 'verify' asks for the checksums, too")
            )
        }
        snapshot.plans.sort {
            ($0.name != Self.standard ? 1 : 0, $0.name) < ($1.name != Self.standard ? 1 : 0, $1.name)
        }
        if snapshot.plans.isEmpty, let plan = registry(snapshot.date) {
            snapshot.plans = [.init(name: Self.standard, plan: plan, isAssumed: true)]
        }
    }

    private static let standard = ObjectLayout.planName()
}

/// Plans that were read before, by name and generation.
private final class PlanCache: Sendable {
    private struct Key: Hashable {
        let name: String
        let generation: Int64
    }
    private let plans = Mutex<[Key: Plan]>([:])

    subscript(info: ObjectInfo) -> Plan? {
        get { plans.withLock { $0[Key(name: info.name, generation: info.generation)] } }
        set { plans.withLock { $0[Key(name: info.name, generation: info.generation)] = newValue } }
    }
}
