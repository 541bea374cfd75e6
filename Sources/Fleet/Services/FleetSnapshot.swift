import Common
import FleetModel
import GoogleCloud

/// What is there of some dates: the bucket's facts and the project's VMs.
struct FleetSnapshot: Sendable {
    /// The facts of each date, in the order asked for.
    var dates: [DateFacts]
    /// VMs whose names have the kit's prefix, whoever made them.
    var vms: [ComputeInstance]

    /// Reads only what a bucket or folder has.
    static func ofStore(_ reader: DateReader, dates: [CalendarDate]) async throws -> FleetSnapshot {
        try await withThrowingTaskGroup(of: (Int, DateFacts).self) { group in
            for (index, date) in dates.enumerated() { group.addTask { (index, try await reader.facts(date)) } }
            let facts = try await group.reduce(into: []) { $0.append($1) }
            return FleetSnapshot(dates: facts.sorted { $0.0 < $1.0 }.map(\.1), vms: [])
        }
    }

    /// Reads VMs, and then the bucket: a VM that ends meanwhile has its last heartbeat and its files in what is read after it.
    static func take(_ services: FleetServices, dates: [CalendarDate], prefix: String) async throws -> FleetSnapshot {
        let vms = try await services.compute.instances(filter: filter(prefix))
        var snapshot = try await ofStore(services.reader, dates: dates)
        snapshot.vms = vms
        let workers = vms.compactMap { ManagedVM($0, prefix: prefix)?.worker }
        for index in snapshot.dates.indices { snapshot.dates[index].workers = workers }
        return snapshot
    }

    var heartbeats: [Heartbeat] { dates.flatMap(\.heartbeats) }

    /// The VMs of any name of the run, also those of others.
    static func filter(_ prefix: String) -> String { "name eq \(prefix)-[0-9]+" }
}
