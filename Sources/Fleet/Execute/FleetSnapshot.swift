public import Common
public import GoogleCloud

/// What is there at one moment: the dates' objects with their heartbeats and plans, and the VMs.
public struct FleetSnapshot: Sendable {
    /// The dates' data objects.
    public var objects: [ObjectInfo]
    /// The dates' heartbeats.
    public var heartbeats: [FleetHeartbeat]
    /// The dates' plan objects by name.
    public var plans: [String: ObjectInfo]
    /// The project's VMs of the prefix, also those that are not the kit's.
    public var vms: [ComputeInstance]

    /// Lists the dates' objects, and no VMs. Throws `StorageError`.
    ///
    /// Heartbeats are listed before data: what a heartbeat calls done is then there.
    public static func ofStore(_ store: any ObjectStore, dates: [CalendarDate]) async throws -> FleetSnapshot {
        var snapshot = FleetSnapshot(objects: [], heartbeats: [], plans: [:], vms: [])
        for info in try await lists(store, dates.map(ObjectLayout.runPrefix)) {
            switch ObjectLayout.parse(info.name) {
            case .plan: snapshot.plans[info.name] = info
            case .shard: if let beat = FleetHeartbeat(info) { snapshot.heartbeats.append(beat) }
            case .data, .log, nil: break
            }
        }
        snapshot.objects = try await lists(store, dates.map { ObjectLayout.dataPrefix($0) })
        return snapshot
    }

    /// Lists the project's VMs of the prefix, and then the dates' objects: a VM that ends meanwhile has its work in the listing. Throws
    /// `StorageError` and `GoogleAPIError`.
    static func take(_ world: FleetWorld, dates: [CalendarDate], prefix: String) async throws -> FleetSnapshot {
        let vms = try await world.compute.instances(filter: filter(prefix))
        var snapshot = try await ofStore(world.store, dates: dates)
        snapshot.vms = vms
        return snapshot
    }

    private static func lists(_ store: any ObjectStore, _ prefixes: [String]) async throws -> [ObjectInfo] {
        try await withThrowingTaskGroup(of: [ObjectInfo].self) { group in
            for prefix in prefixes { group.addTask { try await store.listAll(prefix: prefix) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// All VMs that have a name of the prefix and a number: those of strangers, too, occupy it. A pattern is for the whole name.
    static func filter(_ prefix: String) -> String { "name eq \(prefix)-[0-9]+" }
}
