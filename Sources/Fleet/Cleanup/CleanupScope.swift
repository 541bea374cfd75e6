import Console
import FleetModel
import Common
import GoogleCloud
import Text

/// Which of the kit's VMs a clean-up is about. Whatever is not the kit's by both marks, exact name and label, is outside.
struct CleanupScope: Sendable {
    /// What the VMs' names begin with, before a dash and a number.
    var prefix: String
    /// Only VMs that download one of these dates; nil for all.
    var dates: Set<CalendarDate>?
    /// Only VMs in one of these states; nil for all.
    var states: Set<ComputeInstance.Status>?
    /// Only VMs and disks that were made at least so long ago; nil for all.
    var olderThan: Duration?
    /// Microseconds since 1970, by the clock of those who say when VMs were made.
    var now: @Sendable () -> Int64

    /// What is asked of Compute Engine. Names are compared here, as its filters compare them in another way.
    static let filter = "labels.\(FleetNames.Label.kit):*"

    /// The VMs that are meant, by number and zone.
    func select(_ vms: [ComputeInstance]) -> [ManagedVM] {
        vms.compactMap { ManagedVM($0, prefix: prefix) }
            .filter { contains($0) }
            .sorted { ($0.number, $0.vm.zone) < ($1.number, $1.vm.zone) }
    }

    private func contains(_ member: ManagedVM) -> Bool {
        if let dates, dates.isDisjoint(with: member.dates) { return false }
        if let states, !states.contains(member.vm.status) { return false }
        return isOldEnough(created: member.vm.created)
    }

    /// A disk that a VM of the scope left behind: the kit's by both marks, on no VM, and not one of a VM that is there. It has
    /// to be some minutes old, as disks come before their VMs, unless its VM was deleted just now.
    func isLeftover(_ disk: ComputeDisk, present: Set<VMPlace>, deleted: Set<VMPlace>) -> Bool {
        guard FleetNames.number(of: disk.name, prefix: prefix) != nil, disk.labels[FleetNames.Label.kit] != nil,
            disk.users.isEmpty, !disk.zone.isEmpty
        else { return false }
        let place = VMPlace(zone: disk.zone, name: disk.name)
        if present.contains(place) { return false }
        if deleted.contains(place) { return true }
        if let dates {
            let date = disk.labels[FleetNames.Label.date].flatMap { CalendarDate($0) }
            guard let date, dates.contains(date) else { return false }
        }
        guard let age = age(created: disk.created), age >= Self.settled else { return false }
        return isOldEnough(created: disk.created)
    }

    /// How long a disk may be without its VM while that is being made.
    private static let settled: Duration = .seconds(600)

    private func isOldEnough(created: String) -> Bool {
        guard let olderThan else { return true }
        return age(created: created).map { $0 >= olderThan } ?? false
    }

    private func age(created: String) -> Duration? {
        CivilTime.epochMicroseconds(rfc3339: created).map { .microseconds(now() - $0) }
    }
}

/// What names a VM within its project.
struct VMPlace: Sendable, Hashable {
    /// The zone's bare name.
    let zone: String
    let name: String
}

extension ComputeInstance {
    var place: VMPlace { VMPlace(zone: zone, name: name) }
}
