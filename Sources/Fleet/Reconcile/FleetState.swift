import Common
public import GoogleCloud

/// What is there of a run: objects, heartbeats and VMs put together by shard.
public struct FleetState: Sendable, Equatable {
    /// The run.
    public let run: FleetRun
    /// The prefix of the VMs' names.
    public let prefix: String
    /// The number of the VM that brings shard 0.
    public let offset: Int
    /// Each shard, by number.
    public let shards: [ShardStatus]

    /// Puts together what was read. Read it in the order VMs, heartbeats, objects: then a VM that ended between two of the
    /// listings is never taken for one that ended without its work done.
    ///
    /// - Parameters:
    ///   - expected: the metadata that the run's VMs are given now (`FleetRun.metadata`); a VM that stands still and was told
    ///     otherwise is not started again. Empty: any will do.
    ///   - objects: the listings of the dates' data; other objects among them are passed over.
    ///   - heartbeats: of the run's dates; those of other runs among them are passed over.
    ///   - vms: of the project; those of others are passed over unless they stand on a name of the run.
    public init(
        _ run: FleetRun,
        prefix: String,
        offset: Int,
        expected: [String: String] = [:],
        objects: [ObjectInfo],
        heartbeats: [FleetHeartbeat],
        vms: [ComputeInstance]
    ) {
        self.run = run
        self.prefix = prefix
        self.offset = offset
        let infos = Dictionary(objects.map { ($0.name, $0) }) { first, _ in first }
        let beats = Dictionary(grouping: heartbeats.filter { $0.state.shards == run.shards }) {
            Slot(date: $0.date, shard: $0.state.shard)
        }
        let standing = Dictionary(grouping: vms, by: \.name)
        let work = Self.instruments(run)
        shards = run.vmNames(prefix: prefix, offset: offset).enumerated().map { shard, name in
            let days = run.dates.map { date in
                let plan = Plan(date: date, instruments: work[shard], shards: 1, created: 0)
                let said = (beats[Slot(date: date, shard: shard)] ?? []).map(\.state)
                return ShardStatus.Day(date, plan.objects, infos, said, vm: name)
            }
            let vm = VMStanding(standing[name] ?? [], run: run, prefix: prefix, expected: expected)
            return ShardStatus(shard: shard, name: name, days: days, vm: vm)
        }
    }

    /// The names of heartbeats whose whole documents tell more than their metadata: which files the source does not have. Read
    /// these and make the state again with what they say, and absences are compared by name instead of by number.
    public var heartbeatsWorthReading: [String] {
        shards.flatMap { shard in
            shard.days.compactMap { day in
                guard let beat = day.heartbeat, beat.phase == .done, !day.missing.isEmpty, beat.figures.absent > 0,
                    beat.absences.isEmpty
                else { return nil }
                return ObjectLayout.name(.shard(day.date, vm: beat.vm))
            }
        }
    }

    private struct Slot: Hashable {
        let date: CalendarDate
        let shard: Int
    }

    private static func instruments(_ run: FleetRun) -> [[Instrument]] {
        var work = [[Instrument]](repeating: [], count: run.shards)
        for (index, instrument) in run.instruments.enumerated() {
            work[Common.shard(ofInstrumentAt: index, shards: run.shards)].append(instrument)
        }
        return work
    }
}

extension ShardStatus.Day {
    /// Puts together one date of one shard; `said` has the heartbeats of that shard, `vm` is the name of its VM now.
    init(
        _ date: CalendarDate,
        _ objects: [DataObject],
        _ infos: [String: ObjectInfo],
        _ said: [ShardState],
        vm: String
    ) {
        var missing: [String] = []
        var (rows, bytesIn, bytesOut) = (Int64(0), Int64(0), Int64(0))
        for object in objects {
            let name = object.name
            if let info = infos[name], case .whole(let metadata) = Wholeness.judge(info, expected: object) {
                rows += metadata.rows
                bytesIn += metadata.source.size
                bytesOut += info.size
            } else {
                missing.append(name)
            }
        }
        self.date = date
        expected = objects.count
        whole = objects.count - missing.count
        self.rows = rows
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.missing = missing
        heartbeat = said.filter { $0.vm == vm }.max { $0.updated < $1.updated }
        // A VM of another number may have settled the shard when the run had another offset.
        let isSettled = said.contains { Self.settles($0, objects.count, missing) }
        absent = isSettled ? missing.count : 0
    }

    /// Whether a heartbeat says of exactly the missing objects that the source does not have them. An object that was brought
    /// and deleted later makes more missing ones than the heartbeat knows of.
    private static func settles(_ said: ShardState, _ expected: Int, _ missing: [String]) -> Bool {
        let figures = said.figures
        guard said.phase.isComplete, figures.total == expected, figures.settled == expected,
            figures.absent == missing.count
        else { return false }
        guard !said.absences.isEmpty else { return true }
        return Set(missing).isSubset(of: said.absences.map(\.object))
    }
}
