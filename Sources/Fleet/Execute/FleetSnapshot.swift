public import Common
public import GoogleCloud

/// What is there at one moment: the dates' objects with their heartbeats and plans, and the VMs.
public struct FleetSnapshot: Sendable {
    /// The dates' data objects by name.
    public var objects: [String: ObjectInfo]
    /// The dates' heartbeats.
    public var heartbeats: [FleetHeartbeat]
    /// The dates' plan objects by name.
    public var plans: [String: ObjectInfo]
    /// All VMs with the kit's label in the project.
    public var vms: [ComputeInstance]

    /// Lists the dates' objects, in two listings a date, and no VMs. Throws `StorageError`.
    public static func ofStore(_ store: any ObjectStore, dates: [CalendarDate]) async throws -> FleetSnapshot {
        let lists = try await withThrowingTaskGroup(of: [ObjectInfo].self) { group in
            for date in dates {
                group.addTask { try await store.listAll(prefix: ObjectLayout.dataPrefix(date)) }
                group.addTask { try await store.listAll(prefix: ObjectLayout.runPrefix(date)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        var snapshot = FleetSnapshot(objects: [:], heartbeats: [], plans: [:], vms: [])
        for info in lists {
            switch ObjectLayout.parse(info.name) {
            case .data: snapshot.objects[info.name] = info
            case .plan: snapshot.plans[info.name] = info
            case .shard: if let beat = FleetHeartbeat(info) { snapshot.heartbeats.append(beat) }
            case .log, nil: break
            }
        }
        return snapshot
    }

    /// Lists the dates' objects and the project's VMs, all at once. Throws `StorageError` and `GoogleAPIError`.
    public static func take(_ world: FleetWorld, dates: [CalendarDate]) async throws -> FleetSnapshot {
        async let stored = ofStore(world.store, dates: dates)
        async let vms = world.compute.instances(filter: vmFilter)
        var snapshot = try await stored
        snapshot.vms = try await vms
        return snapshot
    }

    /// The kit's VMs, whatever their run.
    static let vmFilter = "labels.\(FleetNames.Label.kit):*"
}
