import Text
import FleetModel
import Common
import Console
import GoogleCloud

/// A VM that is the kit's own: its name is exactly the prefix, a dash and a number, and it has the label `tick-kit`.
struct ManagedVM: Sendable, Equatable {
    let vm: ComputeInstance
    let number: Int

    /// The member; nil when the VM is somebody else's.
    init?(_ vm: ComputeInstance, prefix: String) {
        guard let number = FleetNames.number(of: vm.name, prefix: prefix), vm.labels[FleetNames.Label.kit] != nil else {
            return nil
        }
        self.vm = vm
        self.number = number
    }

    /// The id of its run; nil when it has no label of that.
    var run: String? { vm.labels[FleetNames.Label.run] }

    /// The bucket that it was told to use; nil when it does not say.
    var bucket: String? { vm.metadata[FleetNames.Metadata.bucket] }

    /// The dates that it downloads: those of its metadata, or else the one of its label.
    var dates: [CalendarDate] {
        if let text = vm.metadata[FleetNames.Metadata.dates] {
            return text.split(separator: ",").compactMap { CalendarDate(String($0)) }
        }
        return vm.labels[FleetNames.Label.date].flatMap { CalendarDate($0) }.map { [$0] } ?? []
    }

    /// The number of its run's first VM, as its metadata says.
    var offset: Int? { count(FleetNames.Metadata.shardOffset) }
    /// How many shards its run has, as its metadata says.
    var shards: Int? { count(FleetNames.Metadata.shards).flatMap { $0 > 0 ? $0 : nil } }
    /// Which shard it downloads, as its metadata says.
    var shard: Int? { offset.flatMap { number >= $0 ? number - $0 : nil } }

    /// All numbers that belong to its run; its own when it does not say more.
    var numbers: ClosedRange<Int> {
        guard let offset, let shards, (offset..<offset + shards).contains(number) else { return number...number }
        return offset...(offset + shards - 1)
    }

    /// The plan that it was told to read.
    var plan: PlanName? { vm.metadata[FleetNames.Metadata.plan].flatMap { PlanName($0) } }

    /// The member as the model of a date knows it.
    var worker: Worker {
        Worker(
            name: vm.name,
            place: vm.zone,
            state: vm.status.isAlive ? .alive : .ended,
            word: vm.status.rawValue,
            since: CivilTime.epochMicroseconds(rfc3339: vm.started ?? vm.created),
            isPreemptible: vm.isPreemptible,
            dates: dates,
            plan: plan,
            shard: shard,
            shards: shards
        )
    }

    private func count(_ key: String) -> Int? {
        vm.metadata[key].flatMap { Int($0) }.flatMap { (0...1_000_000).contains($0) ? $0 : nil }
    }
}
