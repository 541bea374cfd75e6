import Dispatch
import Text

/// Everything that the stand-in of Compute Engine knows.
struct ComputeState: Sendable {
    /// Kinds of resources that are kept as plain documents.
    enum Collection: String, Sendable { case disks, addresses, routers, subnetworks, networks }

    /// A request that was carried out, by its id.
    struct Replay: Sendable {
        let request: String
        let operation: ResourceKey
    }

    /// Whose disks are counted together.
    struct DiskUse: Hashable, Sendable {
        let project: String
        let region: String
        let type: String
    }

    /// Gigabytes of all disks.
    private(set) var diskUse: [DiskUse: Int] = [:]
    var instances: [ResourceKey: StoredInstance] = [:]
    var resources: [Collection: [ResourceKey: JSONObject]] = [:]
    var operations: [ResourceKey: StoredOperation] = [:]
    var replays: [String: Replay] = [:]
    var waiters: [ResourceKey: [DispatchSemaphore]] = [:]
    var counts: [String: Int] = [:]
    var faults = ComputeFaults()
    /// No guest is booted and nobody waits any more.
    var isStopped = false
    /// What is to be done when the lock is free again.
    var effects: [@Sendable (ComputeService) -> Void] = []
    private var lastID: UInt64 = 0
    private var hosts: [String: Int] = [:]

    subscript(_ collection: Collection, _ key: ResourceKey) -> JSONObject? {
        get { resources[collection]?[key] }
        set {
            if collection == .disks {
                countDisk(key, resources[.disks]?[key], -1)
                countDisk(key, newValue, 1)
            }
            resources[collection, default: [:]][key] = newValue
        }
    }

    /// Quotas are asked for with each request for a VM, so what disks take of them is known without looking at all disks.
    private mutating func countDisk(_ key: ResourceKey, _ json: JSONObject?, _ sign: Int) {
        guard let json, let size = json["sizeGb"]?.integer else { return }
        let type = ComputeLink.name(json["type"]?.string ?? "")
        diskUse[DiskUse(project: key.project, region: key.scope.region, type: type), default: 0] += sign * size
    }

    /// A number as Compute Engine gives to everything.
    mutating func newID() -> UInt64 {
        lastID += 1
        return 4_000_000_000_000_000_000 + lastID * 7_919
    }

    /// A free internal address of a region's subnetwork; nil when its 4,092 are taken.
    mutating func internalAddress(in region: ComputeOptions.Region) -> String? {
        let start = hosts[region.name] ?? 0
        for step in 0..<4_092 {
            let host = (start + step) % 4_092 + 2
            let address = "\(region.subnet).\(host / 256).\(host % 256)"
            if usedAddresses.insert(address).inserted {
                hosts[region.name] = (start + step + 1) % 4_092
                return address
            }
        }
        return nil
    }

    /// A free external address.
    mutating func externalAddress() -> String {
        var host = hosts["external"] ?? 0
        defer { hosts["external"] = host }
        while true {
            host = (host + 1) % 250_000
            let address = "34.\(84 + host / 62_500).\(host / 250 % 250).\(host % 250 + 2)"
            if usedAddresses.insert(address).inserted { return address }
        }
    }

    var usedAddresses: Set<String> = []

    /// Gives back the addresses of a VM: all, or the external ones only.
    mutating func releaseAddresses(of instance: StoredInstance, onlyExternal: Bool) {
        for place in instance.json["networkInterfaces"]?.array ?? [] {
            if !onlyExternal, let address = place["networkIP"]?.string { usedAddresses.remove(address) }
            for access in place["accessConfigs"]?.array ?? [] {
                if let address = access["natIP"]?.string { usedAddresses.remove(address) }
            }
        }
    }

    // MARK: Operations

    mutating func startOperation(
        _ type: String,
        project: String,
        scope: ComputeScope,
        target: String,
        targetID: UInt64? = nil,
        clientID: String? = nil,
        groupID: String? = nil,
        bulk: StoredOperation.BulkProgress? = nil
    ) -> ResourceKey {
        let id = newID()
        let now = Clock.microseconds()
        let name = "operation-\(now / 1_000)-\(String(id, radix: 16))"
        let key = ResourceKey(project: project, scope: scope, name: name)
        operations[key] = StoredOperation(
            key: key,
            id: id,
            type: type,
            target: target,
            targetID: targetID,
            clientID: clientID,
            groupID: groupID,
            started: now,
            bulk: bulk
        )
        return key
    }

    /// Ends an operation and wakes those who wait for it.
    mutating func finish(_ key: ResourceKey, _ failures: [OperationFailure] = []) {
        guard operations[key]?.status == .running else { return }
        operations[key]?.status = .done
        operations[key]?.failures = failures
        operations[key]?.ended = Clock.microseconds()
        operations[key]?.bulk?.status = "DONE"
        for waiter in waiters.removeValue(forKey: key) ?? [] { waiter.signal() }
    }
}
