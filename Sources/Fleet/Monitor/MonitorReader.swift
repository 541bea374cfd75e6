import Common
import FleetModel
import GoogleCloud

/// Reads what the monitor shows: the list of VMs, and then the bucket, so that a VM which ends meanwhile has its last heartbeat and its
/// files in what is read after it.
struct MonitorReader: Sendable {
    /// Lists the project's VMs that have the kit's label.
    typealias VMList = @Sendable () async throws -> [ComputeInstance]

    private let reader: DateReader
    private let place: String
    private let listVMs: VMList?
    private let prefix: String
    private let registry: @Sendable (CalendarDate) -> Plan?
    private let rules: LivenessRules
    private let now: @Sendable () -> Int64

    /// Compute Engine's filter for the kit's VMs.
    static let vmFilter = "labels.\(FleetNames.Label.kit):*"

    /// - Parameters:
    ///   - vms: nil where there can be no VMs: the data is in a folder.
    ///   - registry: what is expected of a date that has no plan; nil when that is not known.
    ///   - now: microseconds since 1970.
    init(
        store: any ObjectStore,
        vms: VMList?,
        prefix: String,
        rules: LivenessRules = LivenessRules(),
        now: @escaping @Sendable () -> Int64,
        registry: @escaping @Sendable (CalendarDate) -> Plan? = { _ in nil }
    ) {
        reader = DateReader(store)
        place = store.location
        listVMs = vms
        self.prefix = prefix
        self.rules = rules
        self.now = now
        self.registry = registry
    }

    /// The project's VMs, or why they are not known.
    struct VMs: Sendable {
        /// Nil when they are not known.
        let list: [ComputeInstance]?
        /// Why they are not known, as a sentence; nil when they are, and where nobody asked.
        let note: String?

        init(_ list: [ComputeInstance]?, note: String? = nil) {
            self.list = list
            self.note = note
        }
    }

    /// Lists the VMs. Throws only when cancelled: the bucket tells most without them.
    func vms() async throws -> VMs {
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

    /// Reads one date; with `checksums`, those that the listing leaves out are asked for, a request each. Throws `StorageError`.
    func report(_ date: CalendarDate, vms: VMs, checksums: Bool = false) async throws -> DateReport {
        let shards = workers(vms).filter { $0.dates.contains(date) }.compactMap(\.shards).max() ?? 0
        let facts = try await reader.facts(date, shards: shards, checksums: checksums)
        return report(facts, vms, isAlone: true, lastHeard: try await lastHeard([facts], vms))
    }

    /// Reads the newest dates that have records, newest first, at most `limit`, and says how many there are in all. Throws
    /// `StorageError`.
    func newest(_ limit: Int, vms: VMs) async throws -> (reports: [DateReport], count: Int) {
        let (facts, count) = try await reader.newest(limit)
        let heard = try await lastHeard(facts, vms)
        return (facts.map { report($0, vms, isAlone: false, lastHeard: heard) }, count)
    }

    /// The VMs that work for this place.
    private func workers(_ vms: VMs) -> [ManagedVM] {
        (vms.list ?? []).compactMap { ManagedVM($0, prefix: prefix) }.filter { $0.bucket ?? place == place }
    }

    /// When VMs were heard: one that works on several dates says of each in that date's records, so those of its dates that were not
    /// read are listed, a request each. Throws only when cancelled.
    private func lastHeard(_ facts: [DateFacts], _ vms: VMs) async throws -> LastHeard {
        let read = Set(facts.map(\.date))
        let wanted = workers(vms).filter { !read.isDisjoint(with: $0.dates) }
        var heartbeats = facts.flatMap(\.heartbeats)
        var isComplete = vms.list != nil
        for other in Set(wanted.flatMap(\.dates)).subtracting(read).sorted() {
            do {
                heartbeats += try await reader.heartbeats(other, own: "").0
            } catch {
                try Task.checkCancellation()
                isComplete = false
            }
        }
        return LastHeard(heartbeats, isComplete: isComplete)
    }

    /// All dates that have records, newest first. Throws `StorageError`.
    func dates() async throws -> [CalendarDate] { try await reader.dates() }

    private func report(
        _ read: DateFacts,
        _ vms: VMs,
        isAlone: Bool,
        lastHeard: LastHeard = LastHeard()
    ) -> DateReport {
        var facts = read
        if isAlone, let note = vms.note { facts.notes.insert(note, at: 0) }
        // Those that work for another bucket say nothing about this one.
        let members = vms.list == nil ? nil : workers(vms)
        facts.workers = members.map { $0.map(\.worker) }
        let known = Set(facts.plans.map(\.name))
        for name in Set((members ?? []).filter { $0.dates.contains(facts.date) }.compactMap(\.plan)).subtracting(known)
        {
            let object = name.object(facts.date)
            guard !facts.damages.contains(where: { $0.hasPrefix(object) }) else { continue }
            facts.notes.append("the plan \(object) that VMs were told to read is missing")
        }
        if facts.plans.isEmpty, let plan = registry(facts.date) {
            facts.plans = [.init(name: .standard, plan: plan, isAssumed: true)]
        }
        return DateReport(
            state: DateState(facts, rules: rules, lastHeard: lastHeard, now: now()),
            members: members.map { members in
                members.filter { $0.dates.contains(facts.date) }
                    .sorted { ($0.number, $0.vm.zone) < ($1.number, $1.vm.zone) }
            }
        )
    }
}
