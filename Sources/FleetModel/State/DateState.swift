/// The state of one date: a function of plans, objects, heartbeats, workers and time, and the only place where "complete", "lost" or "in
/// progress" are decided. Launch, `--wait`, monitor, verify, clean-up, downloader and `--local` are views of it.
public struct DateState: Sendable, Equatable {
    /// The whole of it in a word.
    public enum Verdict: String, Sendable, CaseIterable {
        /// Every expected file is there, or is proven not to be at the source.
        case whole
        /// Files are missing, and somebody downloads them.
        case working
        /// Files are missing or damaged, and nobody downloads them.
        case incomplete
    }

    public let date: CalendarDate
    /// When it was looked at, in microseconds since 1970.
    public let now: Int64
    /// The plans, each once whatever its names.
    public let plans: [DateFacts.NamedPlan]
    /// The shards of all plans that somebody wrote, in their order.
    public let shards: [ShardState]
    /// Each file that a plan asks for once, by name. One that several ask for is absent only when it is so for each of them.
    public let files: [FileState]
    public let total: FileCounts
    /// The files by type, in the types' order; only the types that are expected.
    public let types: [(type: DataType, counts: FileCounts)]
    /// Objects of the date that no plan asks for.
    public let surplus: [String]
    /// What could not be read and why, one sentence each.
    public let notes: [String]
    /// Plans of the date that cannot be read, one sentence each.
    public let damages: [String]

    /// `now` in microseconds since 1970.
    public init(
        _ facts: DateFacts,
        rules: LivenessRules = LivenessRules(),
        lastHeard: LastHeard = LastHeard(),
        now: Int64
    ) {
        let listed = Dictionary(facts.objects.map { ($0.name, $0) }) { first, _ in first }
        let plans = Self.distinct(facts.plans)
        let evidence = ShardEvidence(facts, plans, lastHeard)
        var files: [String: FileState] = [:]
        var isOpen: Set<String> = []
        var shards: [ShardState] = []
        for named in plans {
            for (shard, objects) in named.plan.objectsByShard.enumerated() {
                let absences = named.isAssumed ? [:] : evidence.absences(named.plan.id, shard)
                let own = objects.map { object in
                    var file = FileState(object, listed[object.name])
                    if file.state == .missing, let absence = absences[file.name] { file.state = .absent(absence) }
                    return file
                }
                for file in own {
                    if !file.isSettled { isOpen.insert(file.name) }
                    if files[file.name] == nil || isOpen.contains(file.name) { files[file.name] = file }
                }
                if !named.isAssumed { shards.append(evidence.state(named, shard, own, rules, now: now)) }
            }
        }
        // An absence that only some plans know of.
        for name in isOpen { if let file = files[name], file.isSettled { files[name]?.state = .missing } }
        let sorted = files.values.sorted { $0.name < $1.name }
        let byType = Dictionary(grouping: sorted, by: \.object.dataType)
        date = facts.date
        self.now = now
        self.plans = plans
        self.shards = shards
        self.files = sorted
        total = FileCounts(sorted)
        types = DataType.allCases.compactMap { type in byType[type].map { (type, FileCounts($0)) } }
        surplus = facts.objects.map(\.name).filter { files[$0] == nil }
        notes = facts.notes + facts.unreadable.map(\.reason)
        damages = facts.damages
    }

    public var verdict: Verdict {
        if total.expected > 0, total.unsettled == 0, damages.isEmpty { return .whole }
        return shards.contains(where: \.isInHand) ? .working : .incomplete
    }

    /// Bytes received a second, by all shards that work.
    public var bytesPerSecond: Int64 { shards.reduce(0) { $0 + ($1.bytesPerSecond ?? 0) } }

    /// About how long a working shard will take yet; nil when that cannot be told.
    public func timeLeft(_ shard: ShardState) -> Duration? {
        guard let rate = shard.bytesPerSecond, rate > 0, let anyMean = total.meanBytesIn else { return nil }
        let means = Dictionary(types.map { ($0.type, $0.counts.meanBytesIn) }) { first, _ in first }
        let bytes = shard.files.filter { !$0.isSettled }.reduce(Int64(0)) { sum, file in
            sum + ((means[file.object.dataType] ?? nil) ?? anyMean)
        }
        return .seconds(bytes / rate)
    }

    /// The longest time that a working shard will take yet; nil when that cannot be told of each.
    public var timeLeft: Duration? {
        let working = shards.filter(\.isInHand)
        let times = working.compactMap { timeLeft($0) }
        return times.count == working.count ? times.max() : nil
    }

    /// How many shards are in each phase; phases without shards are left out.
    public var phases: [(phase: ShardPhase, count: Int)] {
        let counts = shards.reduce(into: [:]) { $0[$1.phase, default: 0] += 1 }
        return ShardPhase.allCases.compactMap { phase in counts[phase].map { (phase, $0) } }
    }

    /// What went wrong, grouped, the most frequent reason first.
    public var failures: [FailureGroup] { FailureGroup.of(shards) }

    /// The first name of each plan; one that somebody wrote goes before an assumed one.
    private static func distinct(_ plans: [DateFacts.NamedPlan]) -> [DateFacts.NamedPlan] {
        var seen: Set<PlanID> = []
        return (plans.filter { !$0.isAssumed } + plans.filter(\.isAssumed)).filter { seen.insert($0.plan.id).inserted }
    }

    public static func == (one: DateState, other: DateState) -> Bool {
        one.date == other.date && one.now == other.now && one.plans == other.plans && one.shards == other.shards
            && one.files == other.files && one.surplus == other.surplus && one.notes == other.notes
            && one.damages == other.damages
    }
}
