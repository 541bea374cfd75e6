public import FleetModel
public import GoogleCloud
import Synchronization

/// Reads what a bucket or folder holds of dates, with as few requests as can be: for a date one listing of the records and one of the
/// data, each with a page more per 1,000 objects. What no listing tells is read once a generation.
public struct DateReader: Sendable {
    private let store: any ObjectStore
    private let cache = DocumentCache()

    /// Documents that are read whole; one of ours is far below it.
    public static let largest = 16 << 20
    private static let manyShards = 400
    private static let concurrency = 16

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
        case .heartbeat(_, let vm, _, _):
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
                if let told = Plan(ListedObject(info)) { told } else {
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
        let wanted = newest.filter { vm, note in heard[vm].map { $0 < note.written } ?? true }
        let read = try await documents(wanted.values.map(\.info))
        for (vm, note) in wanted.sorted(by: { $0.key < $1.key }) {
            let name = note.info.name
            switch read[name] {
            case .success(let bytes):
                let text = String(decoding: bytes.prefix(4_096), as: UTF8.self)
                if let end = DateFacts.EndNote(vm: vm, text: text, written: note.written) {
                    facts.ends.append(end)
                } else {
                    facts.unreadable.append(.init(vm: vm, reason: "\(name) is no note of why a VM ended"))
                }
            case .failure(let error): facts.unreadable.append(.init(vm: vm, reason: "\(name): \(error)"))
            case nil: break
            }
        }
    }

    /// The names of absent files where the metadata of a heartbeat had no room for them. A document that cannot be read settles nothing.
    private func addAbsences(_ records: [ObjectInfo], to facts: inout DateFacts) async throws {
        let short = facts.heartbeats.indices.filter { facts.heartbeats[$0].namesTooFewAbsences }
        guard !short.isEmpty else { return }
        let names = Set(short.map { facts.heartbeats[$0].name })
        let read = try await documents(records.filter { names.contains($0.name) })
        for index in short {
            let heartbeat = facts.heartbeats[index]
            guard let found = read[heartbeat.name] else { continue }
            do {
                let whole = try Heartbeat(decoding: try found.get())
                guard whole.name == heartbeat.name else {
                    throw DocumentError(document: heartbeat.name, reason: "it is another one's")
                }
                facts.heartbeats[index].absences = whole.absences
            } catch {
                facts.unreadable.append(.init(vm: heartbeat.vm, reason: "\(heartbeat.name): \(error)"))
            }
        }
    }

    /// Small objects by their names, some at a time; what is gone meanwhile is left out. Throws `StorageError`.
    private func documents(_ infos: [ObjectInfo]) async throws -> [String: Result<[UInt8], DocumentError>] {
        try await withThrowingTaskGroup(of: (String, Result<[UInt8], DocumentError>?).self) { group in
            var waiting = infos.makeIterator()
            func startNext() {
                guard let info = waiting.next() else { return }
                group.addTask {
                    do {
                        return (info.name, try await document(info).map { .success($0) })
                    } catch let error as DocumentError {
                        return (info.name, .failure(error))
                    }
                }
            }
            for _ in 0..<Self.concurrency { startNext() }
            var found: [String: Result<[UInt8], DocumentError>] = [:]
            while let (name, result) = try await group.next() {
                found[name] = result
                startNext()
            }
            return found
        }
    }

    /// The bytes of a small object; nil when it is gone meanwhile. Throws `DocumentError` for one that is far larger than ours are.
    private func document(_ info: ObjectInfo) async throws -> [UInt8]? {
        guard info.size <= Self.largest else {
            throw DocumentError(
                document: "the record",
                reason: "it has \(info.size) bytes, and none of the kit's is so large"
            )
        }
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
