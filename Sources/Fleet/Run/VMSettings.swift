import FleetModel
import Common
import Transport

/// What all VMs of a run are told in their metadata, beside the run itself.
struct VMSettings: Sendable {
    /// How a VM gets the Tardis key.
    enum Key: Sendable {
        /// It reads this secret version: `projects/P/secrets/NAME/versions/N`.
        case secret(String)
        /// It finds the key in its metadata, where every viewer of the project can read it.
        case plain(Secret)
        /// It has none: free days only.
        case none
    }

    /// The number of the VM that downloads shard 0.
    var offset: Int
    /// The name of the plan that they read.
    var plan: PlanName
    /// The bucket, `gs://NAME`.
    var bucket: String
    var image: String
    /// How a VM gets the Tardis key.
    var key: Key
    /// Whether a VM stays when its work is over.
    var keepsVM: Bool
    /// The script that runs at boot.
    var startupScript: String
    /// The script that runs when the VM is turned off; nil for none.
    var shutdownScript: String?
}

extension FleetRun {
    /// The labels of the run's VMs.
    var labels: [String: String] {
        [
            FleetNames.Label.run: id,
            FleetNames.Label.date: dates.first.map(\.description) ?? "",
            FleetNames.Label.kit: BuildInfo.version.replacing(".", with: "-"),
        ]
    }

    /// The metadata of the run's VMs, the same for all of them.
    func metadata(_ settings: VMSettings) -> [String: String] {
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
    func vmNames(prefix: String, offset: Int) -> [String] {
        (0..<shards).map { FleetNames.vm(prefix, offset + $0) }
    }
}
