import Common
public import GoogleCloud

/// Reads what VMs say of their shards, in one listing a bucket and date.
public struct HeartbeatReader: Sendable {
    /// Opens a store by its place, `gs://BUCKET` or a folder.
    public typealias Open = @Sendable (_ place: String) throws -> any ObjectStore

    private let fallback: String
    private let open: Open

    /// A reader; `fallback` is the place of VMs whose metadata do not name a bucket.
    public init(fallback: String, open: @escaping Open) {
        self.fallback = fallback
        self.open = open
    }

    private struct Source: Hashable {
        let place: String
        let date: CalendarDate
    }

    /// How far each VM is. What cannot be listed makes its VMs `unknown`: they are taken for unfinished, never for done.
    public func work(of members: [FleetMember]) async throws -> [VMPlace: ShardWork] {
        let sources = Set(members.flatMap { member in member.dates.map { Source(place: place(member), date: $0) } })
        var beats: [Source: [String: FleetHeartbeat]] = [:]
        var troubles: [String: String] = [:]
        try await withThrowingTaskGroup(of: (Source, Result<[FleetHeartbeat], any Error>).self) { group in
            var queue = sources.makeIterator()
            func next() {
                guard let source = queue.next() else { return }
                group.addTask { (source, await list(source)) }
            }
            for _ in 0..<8 { next() }
            while let (source, result) = try await group.next() {
                next()
                switch result {
                case .success(let found):
                    beats[source] = Dictionary(found.map { ($0.state.vm, $0) }) { first, _ in first }
                case .failure(let error):
                    try Task.checkCancellation()
                    troubles[source.place] = "\(error)"
                }
            }
        }
        var work: [VMPlace: ShardWork] = [:]
        for member in members {
            let place = place(member)
            if let trouble = troubles[place] {
                work[member.vm.place] = .unknown(trouble)
                continue
            }
            let own = member.dates.compactMap { date in
                beats[Source(place: place, date: date)]?[member.vm.name].map { (date, $0) }
            }
            work[member.vm.place] = ShardWork(member, heartbeats: Dictionary(own) { first, _ in first })
        }
        return work
    }

    private func place(_ member: FleetMember) -> String {
        let named = member.vm.metadata[FleetNames.Metadata.bucket] ?? ""
        return named.hasPrefix("gs://") ? named : fallback
    }

    private func list(_ source: Source) async -> Result<[FleetHeartbeat], any Error> {
        do {
            let objects = try await open(source.place).listAll(prefix: ObjectLayout.shardsPrefix(source.date))
            return .success(objects.compactMap { FleetHeartbeat($0) })
        } catch {
            return .failure(error)
        }
    }
}
