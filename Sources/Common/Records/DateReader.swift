public import FleetModel
public import GoogleCloud
import Synchronization

/// Reads what a bucket or folder holds of dates, with as few requests as can be: for a date one listing of the records and one of the
/// data, each with a page more per 1,000 objects. What no listing tells is read once a generation.
public struct DateReader: Sendable {
    private let store: any ObjectStore
    private let cache = DocumentCache()

    /// Documents that are read whole; one of ours is far below it.
    private static let largest: Int64 = 16 << 20
    private static let manyShards = 400

    public init(_ store: any ObjectStore) {
        self.store = store
    }

    /// What there is of one date, without the workers. List these before: then a worker that ends meanwhile has its last heartbeat and
    /// its files in what is read after it. With `checksums`, those that the listing leaves out are asked for, a request each. Throws
    /// `StorageError`.
    ///
    /// - Parameter shards: how many shards the date has, as far as that is known. With many, the logs would take pages of their own.
    public func facts(_ date: CalendarDate, shards: Int = 0, checksums: Bool = false) async throws -> DateFacts {
        guard shards > Self.manyShards else {
            let records = try await store.listAll(prefix: ObjectLayout.runPrefix(date))
            return try await facts(date, records: records, checksums: checksums)
        }
        let plans = try await store.listAll(prefix: ObjectLayout.plansPrefix(date))
        let heartbeats = try await store.listAll(prefix: ObjectLayout.heartbeatsPrefix(date))
        return try await facts(date, records: plans + heartbeats, checksums: checksums)
    }

    /// The same for the listed records of a date.
    public func facts(_ date: CalendarDate, records: [ObjectInfo], checksums: Bool = false) async throws -> DateFacts {
        var facts = DateFacts(date: date, workers: nil)
        for info in records { try await add(info, to: &facts) }
        try await addEnds(records, to: &facts)
        try await addAbsences(records, to: &facts)
        let listed = try await store.listAll(prefix: ObjectLayout.dataPrefix(date))
        let objects = checksums ? try await store.withChecksums(listed) : listed
        facts.objects = objects.map { ListedObject($0) }
        if objects.contains(where: { $0.crc32c == nil }) {
            facts.notes.append(
                "the bucket's listing has no checksums, as with a customer-managed key: sizes were compared"
                    + (checksums ? "" : "; 'verify' asks for the checksums, too")
            )
        }
        facts.plans.sort {
            ($0.name.id != nil ? 1 : 0, $0.name.description) < ($1.name.id != nil ? 1 : 0, $1.name.description)
        }
        return facts
    }

    /// The plans of a date alone.
    public func plans(_ date: CalendarDate) async throws -> DateFacts {
        var facts = DateFacts(date: date, workers: nil)
        for info in try await store.listAll(prefix: ObjectLayout.plansPrefix(date)) {
            try await add(info, to: &facts)
        }
        return facts
    }

    /// The heartbeats of a date that can be read, and the object of the one of that name.
    public func heartbeats(_ date: CalendarDate, own name: String) async throws -> ([Heartbeat], own: ObjectInfo?) {
        let listed = try await store.listAll(prefix: ObjectLayout.heartbeatsPrefix(date))
        let heartbeats = listed.compactMap { info in (try? Heartbeat(ListedObject(info))).flatMap { $0 } }
        return (heartbeats, listed.first { $0.name == name })
    }

    /// The newest dates that have records, newest first, at most `limit`, and how many there are in all. Throws `StorageError`.
    public func newest(_ limit: Int) async throws -> (facts: [DateFacts], count: Int) {
        // A deployment of a few dates has all its records on one page.
        let page = try await store.list(prefix: ObjectLayout.runsPrefix, delimiter: nil, pageToken: nil)
        var found: [DateFacts] = []
        guard page.nextPageToken != nil else {
            let records = Dictionary(grouping: page.objects) { ObjectLayout.date(ofRecord: $0.name) }
            let dates = records.keys.compactMap { $0 }.sorted(by: >)
            for date in dates.prefix(limit) { found.append(try await facts(date, records: records[date] ?? [])) }
            return (found, dates.count)
        }
        let dates = try await dates()
        for date in dates.prefix(limit) { found.append(try await facts(date)) }
        return (found, dates.count)
    }

    /// All dates that have records, newest first. Throws `StorageError`.
    public func dates() async throws -> [CalendarDate] {
        var found: Set<CalendarDate> = []
        var token: String?
        repeat {
            let page = try await store.list(prefix: ObjectLayout.runsPrefix, delimiter: "/", pageToken: token)
            found.formUnion(page.prefixes.compactMap(ObjectLayout.date(ofRecord:)))
            token = page.nextPageToken
        } while token != nil
        return found.sorted(by: >)
    }

    // MARK: Records

    private func add(_ info: ObjectInfo, to facts: inout DateFacts) async throws {
        switch ObjectLayout.parse(info.name) {
        case .plan(_, let name): try await add(name, info, to: &facts)
        case .heartbeat(_, let vm, _):
            do {
                if let heartbeat = try Heartbeat(ListedObject(info)) { facts.heartbeats.append(heartbeat) }
            } catch {
                facts.unreadable.append(.init(vm: vm, reason: "\(error)", written: ListedObject(info).written))
            }
        case .data, .log, .end, nil: break
        }
    }

    /// A plan is told by its object's metadata, or read.
    private func add(_ name: PlanName, _ info: ObjectInfo, to facts: inout DateFacts) async throws {
        let plan: Plan
        do {
            plan =
                if let told = Plan(metadata: info.metadata) { told } else {
                    try Plan(decoding: try await document(info) ?? [])
                }
        } catch let error as DocumentError {
            facts.damages.append("\(info.name): \(error)")
            return
        }
        guard plan.date == facts.date, name.id == nil || name.id == plan.id else {
            facts.damages.append("\(info.name) is the plan \(plan.id) of \(plan.date)")
            return
        }
        facts.plans.append(.init(name: name, plan: plan))
    }

    /// The newest note of each VM, where that is newer than the VM's heartbeats.
    private func addEnds(_ records: [ObjectInfo], to facts: inout DateFacts) async throws {
        var newest: [String: (written: Int64, boot: Int64, info: ObjectInfo)] = [:]
        for info in records {
            guard case .end(_, let vm, let boot) = ObjectLayout.parse(info.name) else { continue }
            let written = ListedObject(info).written ?? 0
            if newest[vm].map({ ($0.written, $0.boot) < (written, boot) }) ?? true {
                newest[vm] = (written, boot, info)
            }
        }
        let heard = Dictionary(facts.heartbeats.map { ($0.vm, $0.updated) }, uniquingKeysWith: max)
        for (vm, note) in newest.sorted(by: { $0.key < $1.key }) {
            let written = note.written
            guard heard[vm].map({ $0 < written }) ?? true, let bytes = try await document(note.info) else { continue }
            let text = String(decoding: bytes.prefix(4_096), as: UTF8.self)
            if let end = DateFacts.EndNote(vm: vm, text: text, written: written) {
                facts.ends.append(end)
            } else {
                facts.unreadable.append(.init(vm: vm, reason: "\(note.info.name) is no note of why a VM ended"))
            }
        }
    }

    /// The names of absent files where the metadata of a heartbeat had no room for them. A document that cannot be read settles nothing.
    private func addAbsences(_ records: [ObjectInfo], to facts: inout DateFacts) async throws {
        let infos = Dictionary(records.map { ($0.name, $0) }) { first, _ in first }
        for index in facts.heartbeats.indices where facts.heartbeats[index].namesTooFewAbsences {
            let heartbeat = facts.heartbeats[index]
            guard let info = infos[heartbeat.name], let bytes = try await document(info) else { continue }
            do {
                let whole = try Heartbeat(decoding: bytes)
                guard whole.name == heartbeat.name else {
                    throw DocumentError(document: heartbeat.name, reason: "it is another one's")
                }
                facts.heartbeats[index].absences = whole.absences
            } catch {
                facts.unreadable.append(.init(vm: heartbeat.vm, reason: "\(heartbeat.name): \(error)"))
            }
        }
    }

    /// The bytes of a small object; nil when it is gone meanwhile, or far larger than ours are.
    private func document(_ info: ObjectInfo) async throws -> [UInt8]? {
        guard info.size <= Self.largest else { return nil }
        if let bytes = cache[info] { return bytes }
        do {
            let bytes = try await store.get(info.name, range: nil)
            cache[info] = bytes
            return bytes
        } catch let error as StorageError where error.kind == .notFound {
            return nil
        }
    }
}

/// Documents that were read before: of each name the last generation.
private final class DocumentCache: Sendable {
    private let documents = Mutex<[String: (generation: Int64, bytes: [UInt8])]>([:])

    subscript(info: ObjectInfo) -> [UInt8]? {
        get { documents.withLock { $0[info.name].flatMap { $0.generation == info.generation ? $0.bytes : nil } } }
        set { documents.withLock { $0[info.name] = newValue.map { (info.generation, $0) } } }
    }
}
