import FleetModel
import Common
import GoogleCloud

/// The number of the VM that downloads a run's shard 0.
enum ShardOffset {
    /// The offset: that of the run's VMs that exist; else that of the run's earlier VMs as their heartbeats tell it, if all the
    /// numbers are free; else the next free number after all that are in use.
    static func choose(
        _ run: FleetRun,
        prefix: String,
        vms: [ComputeInstance],
        heartbeats: [Heartbeat]
    ) -> Int {
        let members = vms.compactMap { ManagedVM($0, prefix: prefix) }
        let own = members.filter { $0.run == run.id }.compactMap(\.offset)
        if let offset = mostFrequent(own) { return offset }
        // Also the numbers of VMs that other runs have had and may make again, and of VMs that are not the kit's.
        let taken =
            members.filter { $0.run != run.id }.map(\.numbers)
            + vms.compactMap { FleetNames.number(of: $0.name, prefix: prefix).map { $0...$0 } }
        let earlier = heartbeats.filter { run.dates.contains($0.date) && $0.plan == run.planID }
            .sorted { $0.updated > $1.updated }
            .compactMap { beat -> Int? in FleetNames.number(of: beat.vm, prefix: prefix).map { $0 - beat.shard } }
        let isFree = { (offset: Int) in
            offset >= 0 && !taken.contains { $0.overlaps(offset...(offset + run.shards - 1)) }
        }
        if let offset = earlier.first(where: isFree) { return offset }
        return (taken.map(\.upperBound).max() ?? -1) + 1
    }

    private static func mostFrequent(_ offsets: [Int]) -> Int? {
        let counts = offsets.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}
