public import Common
public import GoogleCloud

/// All that a person wants to know of one date: VMs, shards, files, failures, and what to do next. Made from a snapshot by
/// plain arithmetic, so that it is what the bucket and the project hold.
public struct DateReport: Sendable, Equatable {
    /// The whole of it in a word.
    public enum Verdict: String, Sendable, CaseIterable {
        /// Every expected file is there, or is known not to be at the source.
        case whole
        /// Files are missing, and somebody brings them.
        case working
        /// Files are missing or damaged, and nobody brings them.
        case incomplete
    }

    /// The date.
    public let date: CalendarDate
    /// When it was looked at, in microseconds since 1970.
    public let now: Int64
    /// The plans, the standard one first.
    public let plans: [DateSnapshot.NamedPlan]
    /// The kit's VMs that bring the date, by number; nil when VMs could not be listed.
    public let members: [FleetMember]?
    /// The shards of all plans, in their order.
    public let shards: [ShardReport]
    /// Each expected file once, by name.
    public let files: [FileReport]
    /// The files by type, in the types' order; only the types that are expected.
    public let types: [TypeReport]
    /// All files together.
    public let total: TypeReport
    /// Objects of the date that no plan asks for.
    public let surplus: [String]
    /// What went wrong, grouped.
    public let failures: [FailureReport]
    /// What could not be read and why, one sentence each.
    public let notes: [String]
    /// Records of the date that are damaged, one sentence each.
    public let damages: [String]

    /// Whether nothing is known of the date.
    public var isUnknown: Bool { plans.allSatisfy(\.isAssumed) && total.whole == 0 && (members ?? []).isEmpty }

    /// The whole of it in a word.
    public var verdict: Verdict {
        if total.expected > 0, total.settled == total.expected, damages.isEmpty { return .whole }
        return shards.contains(where: \.isInHand) ? .working : .incomplete
    }

    /// Bytes received a second, by all shards that work.
    public var bytesPerSecond: Int64 { shards.reduce(0) { $0 + ($1.bytesPerSecond ?? 0) } }

    /// The longest time that a working shard will take yet; nil when that cannot be told of each.
    public var timeLeft: Duration? {
        let working = shards.filter(\.isInHand)
        let times = working.compactMap(\.timeLeft)
        return times.count == working.count ? times.max() : nil
    }

    /// How many shards stand in each phase; phases without shards are left out.
    public var phases: [(phase: MonitorPhase, count: Int)] {
        let counts = shards.reduce(into: [:]) { $0[$1.phase, default: 0] += 1 }
        return MonitorPhase.allCases.compactMap { phase in counts[phase].map { (phase, $0) } }
    }

    /// How many VMs stand in each state; states without VMs are left out. Nil when VMs could not be listed.
    public var vmStates: [(status: ComputeInstance.Status, count: Int)]? {
        guard let members else { return nil }
        let counts = members.reduce(into: [:]) { $0[$1.vm.status, default: 0] += 1 }
        return ComputeInstance.Status.allCases.compactMap { status in counts[status].map { (status, $0) } }
    }
}

extension DateReport {
    /// Puts together what was read. `now` in microseconds since 1970.
    public init(_ snapshot: DateSnapshot, prefix: String, now: Int64) {
        let infos = Dictionary(snapshot.objects.map { ($0.name, $0) }) { first, _ in first }
        var files: [String: FileReport] = [:]
        for plan in snapshot.plans {
            for object in plan.plan.objects {
                let name = object.name
                if files[name] == nil { files[name] = FileReport(object, name, infos[name]) }
            }
        }
        let members = snapshot.vms.map { vms in
            vms.compactMap { FleetMember($0, prefix: prefix) }.filter { $0.dates.contains(snapshot.date) }
                .sorted { ($0.number, $0.vm.zone) < ($1.number, $1.vm.zone) }
        }
        let rows = ShardAssembly(snapshot, members, infos, prefix: prefix).rows
        for row in rows where row.day.absent > 0 {
            for name in row.day.missing where files[name]?.state == .missing { files[name]?.state = .absent }
        }
        let sorted = files.values.sorted { $0.name < $1.name }
        var types = DataType.allCases.map { TypeReport($0) }
        var total = TypeReport(nil)
        for file in sorted {
            total.count(file)
            if let place = types.firstIndex(where: { $0.type == file.object.dataType }) { types[place].count(file) }
        }
        self.types = types.filter { $0.expected > 0 }
        self.total = total
        self.files = sorted
        self.members = members
        shards = rows.map { row in
            let judgement = MonitorJudgement(row.day, row.standing, prefix: prefix, now: now)
            return ShardReport(
                plan: row.plan,
                shard: row.shard,
                vm: row.vm,
                zone: row.standing.vm?.zone,
                day: row.day,
                worked: row.worked(now: now),
                judgement: judgement,
                bytesLeft: Self.bytesLeft(row.day.missing, files, types, total)
            )
        }
        date = snapshot.date
        self.now = now
        plans = snapshot.plans
        surplus = snapshot.objects.map(\.name).filter { files[$0] == nil }
        failures = FailureReport.of(rows, shards)
        notes = snapshot.notes
        damages = snapshot.damages
    }

    /// About the bytes of the files that are missing, by the mean of those of their types that are there; nil when there are none.
    private static func bytesLeft(
        _ missing: [String],
        _ files: [String: FileReport],
        _ types: [TypeReport],
        _ total: TypeReport
    ) -> Int64? {
        guard let anyMean = total.meanBytesIn else { return nil }
        return missing.reduce(0) { sum, name in
            let type = files[name]?.object.dataType
            return sum + (types.first { $0.type == type }?.meanBytesIn ?? anyMean)
        }
    }
}
