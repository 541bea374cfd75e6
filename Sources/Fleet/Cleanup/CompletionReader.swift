import Common
import FleetModel
import GoogleCloud

/// Whether VMs have finished their work, as the buckets that they were told to use show it.
struct CompletionReader: Sendable {
    /// Opens a bucket by its `gs://` name.
    typealias Open = @Sendable (_ place: String) throws -> any ObjectStore

    private let fallback: String
    private let open: Open
    private let prefix: String
    private let rules: LivenessRules
    private let now: @Sendable () -> Int64

    /// Dates that are read at once.
    private static let concurrency = 8

    /// - Parameters:
    ///   - fallback: the bucket of VMs that do not name one.
    ///   - now: microseconds since 1970.
    init(
        fallback: String,
        prefix: String,
        rules: LivenessRules = LivenessRules(),
        now: @escaping @Sendable () -> Int64,
        open: @escaping Open
    ) {
        self.fallback = fallback
        self.prefix = prefix
        self.rules = rules
        self.now = now
        self.open = open
    }

    private struct Source: Hashable {
        let place: String
        let date: CalendarDate
    }

    /// Why each of the VMs is not finished, in a few words; those that are finished are left out. `all` are the VMs of the kit, also those
    /// that are not meant. Throws only when cancelled.
    func unfinished(_ members: [ManagedVM], among all: [ComputeInstance]) async throws -> [VMPlace: String] {
        let known = all.compactMap { ManagedVM($0, prefix: prefix) }
        let sources = Set(members.flatMap { member in member.dates.map { Source(place: place(member), date: $0) } })
        var facts: [Source: DateFacts] = [:]
        var troubles: [String: String] = [:]
        try await withThrowingTaskGroup(of: (Source, Result<DateFacts, any Error>).self) { group in
            var queue = sources.makeIterator()
            func next() {
                guard let source = queue.next() else { return }
                group.addTask { (source, await read(source)) }
            }
            for _ in 0..<Self.concurrency { next() }
            while let (source, result) = try await group.next() {
                next()
                switch result {
                case .success(var found):
                    found.workers = known.filter { place($0) == source.place }.map(\.worker)
                    facts[source] = found
                case .failure(let error):
                    try Task.checkCancellation()
                    troubles[source.place] = "\(error)"
                }
            }
        }
        let heard = Dictionary(grouping: facts, by: \.key.place).mapValues { read in
            LastHeard(read.flatMap(\.value.heartbeats), isComplete: true)
        }
        let states = facts.reduce(into: [Source: DateState]()) { states, fact in
            states[fact.key] = DateState(
                fact.value,
                rules: rules,
                lastHeard: heard[fact.key.place] ?? LastHeard(),
                now: now()
            )
        }
        return members.reduce(into: [:]) { reasons, member in
            let place = place(member)
            let reason =
                troubles[place]
                ?? (member.dates.isEmpty ? "it does not say on which dates it works" : nil)
                ?? member.dates.lazy.compactMap { date in
                    states[Source(place: place, date: date)].flatMap { Self.reason(member, $0) }
                }.first
            if let reason { reasons[member.vm.place] = reason }
        }
    }

    /// Nil when its shard of the date is finished.
    private static func reason(_ member: ManagedVM, _ state: DateState) -> String? {
        guard
            let shard = state.shards.first(where: {
                $0.worker?.name == member.vm.name && $0.worker?.place == member.vm.zone
            })
        else { return "\(state.date): its shard is not known" }
        guard !shard.isFinished else { return nil }
        return "\(state.date) \(shard.phase.rawValue), \(shard.counts.settled) of \(shard.counts.expected) files"
    }

    private func place(_ member: ManagedVM) -> String {
        let named = member.vm.metadata[FleetNames.Metadata.bucket] ?? ""
        return named.hasPrefix("gs://") ? named : fallback
    }

    private func read(_ source: Source) async -> Result<DateFacts, any Error> {
        do {
            return .success(try await DateReader(try open(source.place)).facts(source.date))
        } catch {
            return .failure(error)
        }
    }
}
