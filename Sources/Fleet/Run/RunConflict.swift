import FleetModel
import Common
import GoogleCloud

/// VMs of other runs that work on one of a run's dates: two fleets would download the same files.
struct RunConflict: Sendable, Equatable, CustomStringConvertible {
    let members: [ManagedVM]
    /// The dates that both work on, earliest first.
    let dates: [CalendarDate]

    /// The conflict among a project's VMs; nil when there is none.
    ///
    /// - Parameter bucket: where this run's data goes. A run of the same files into another bucket is another one, though its id is the same.
    init?(_ run: FleetRun, prefix: String, bucket: String, vms: [ComputeInstance]) {
        let dates = Set(run.dates)
        members = vms.compactMap { ManagedVM($0, prefix: prefix) }
            .filter {
                $0.vm.status.isAlive && !dates.isDisjoint(with: $0.dates)
                    && ($0.run != run.id || $0.bucket ?? bucket != bucket)
            }
            .sorted { $0.number < $1.number }
        self.dates = Set(members.flatMap(\.dates)).intersection(dates).sorted()
        if members.isEmpty { return nil }
    }

    var description: String {
        let days = dates.map(\.description).joined(separator: ", ")
        let others = Set(members.compactMap(\.bucket)).sorted().joined(separator: ", ")
        let cleanup = dates.map { "--date \($0)" }.joined(separator: " ")
        return
            "\(NameList.text(members.map(\.vm.name))) of another run (\(runs)\(others.isEmpty ? "" : ", into \(others)")) \(members.count == 1 ? "works" : "work") "
            + "on \(days): use the same options as that run did, or end it with cleanup-tick-vms \(cleanup)"
    }

    private var runs: String {
        Set(members.map { $0.run ?? "without a label" }).sorted().joined(separator: ", ")
    }
}
