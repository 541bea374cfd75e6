public import FleetModel
import Common
public import Transport

/// What all VMs of a run are told in their metadata, beside the run itself.
public struct VMSettings: Sendable {
    /// How a VM gets the Tardis key.
    public enum Key: Sendable {
        /// It reads this secret version: `projects/P/secrets/NAME/versions/N`.
        case secret(String)
        /// It finds the key in its metadata, where every viewer of the project can read it.
        case plain(Secret)
        /// It has none: free days only.
        case none
    }

    /// The number of the VM that brings shard 0.
    public var offset: Int
    /// The name of the plan that they read.
    public var plan: PlanName
    /// The bucket, `gs://NAME`.
    public var bucket: String
    /// The container image.
    public var image: String
    /// How a VM gets the Tardis key.
    public var key: Key
    /// Whether a VM stays when its work is over.
    public var keepsVM: Bool
    /// The script that runs at boot.
    public var startupScript: String
    /// The script that runs when the VM is turned off; nil for none.
    public var shutdownScript: String?

    /// Settings of a fleet.
    public init(
        offset: Int,
        plan: PlanName,
        bucket: String,
        image: String,
        key: Key,
        keepsVM: Bool,
        startupScript: String,
        shutdownScript: String? = nil
    ) {
        self.offset = offset
        self.plan = plan
        self.bucket = bucket
        self.image = image
        self.key = key
        self.keepsVM = keepsVM
        self.startupScript = startupScript
        self.shutdownScript = shutdownScript
    }
}

extension FleetRun {
    /// The labels of the run's VMs.
    public var labels: [String: String] {
        [
            FleetNames.Label.run: id,
            FleetNames.Label.date: dates.first.map(\.description) ?? "",
            FleetNames.Label.kit: Kit.version.replacing(".", with: "-"),
        ]
    }

    /// The metadata of the run's VMs, the same for all of them.
    public func metadata(_ settings: VMSettings) -> [String: String] {
        typealias Key = FleetNames.Metadata
        var items = [
            Key.startupScript: settings.startupScript,
            Key.dates: datesText,
            Key.plan: settings.plan.description,
            Key.shardOffset: "\(settings.offset)",
            Key.shards: "\(shards)",
            Key.bucket: settings.bucket,
            Key.image: settings.image,
        ]
        items[Key.shutdownScript] = settings.shutdownScript
        switch settings.key {
        case .secret(let version): items[Key.secret] = version
        case .plain(let key): items[Key.plainKey] = key.reveal()
        case .none: break
        }
        if settings.keepsVM { items[Key.keepVM] = "true" }
        return items
    }

    /// The names of the run's VMs, by shard.
    public func vmNames(prefix: String, offset: Int) -> [String] {
        (0..<shards).map { FleetNames.vm(prefix, offset + $0) }
    }
}
