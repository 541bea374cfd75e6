import Text

/// A VM as the stand-in keeps it.
struct StoredInstance: Sendable {
    /// Where it stands; the states that the stand-in goes through.
    enum Status: String, Sendable {
        case provisioning = "PROVISIONING"
        case staging = "STAGING"
        case running = "RUNNING"
        case stopping = "STOPPING"
        case terminated = "TERMINATED"
    }

    /// Who works for it on this machine.
    enum Guest: Sendable {
        case none
        case booting
        case booted(any BootedVM)
    }

    /// The end that is under way.
    struct Ending: Sendable {
        var deletes: Bool
        let isPreemption: Bool
        /// Operations that are done when it is over.
        var operations: [ResourceKey]
        /// What it still waits for: the time, and the guest.
        var waits: Int
    }

    let key: ResourceKey
    let id: UInt64
    let machine: ComputeCatalogue.MachineType
    let isPreemptible: Bool
    /// Whether it has an external address while it is up.
    let hasExternalAddress: Bool
    /// The document that the API shows.
    var json: JSONObject
    /// Another number with each boot, so that what belongs to an earlier one is known.
    var life: UInt64
    var status: Status
    var guest = Guest.none
    var ending: Ending?
    var console = SerialConsole()
    var bytes = 0

    var isDeletedAtEnd: Bool { json["scheduling"]?["instanceTerminationAction"]?.string == "DELETE" }
    var maxRunSeconds: Int? { json["scheduling"]?["maxRunDuration"]?["seconds"]?.integer }
    /// Whether it takes up a machine.
    var isUp: Bool { status != .terminated }

    var path: String { key.path("instances") }

    /// The document with what changes by itself.
    var document: JSONObject {
        var shown = json
        shown["status"] = .string(status.rawValue)
        return shown
    }

    /// What the guest learns at boot.
    func bootRecord(projectNumber: Int) -> BootRecord {
        let items = json["metadata"]?["items"]?.array ?? []
        let pairs = items.map { ($0["key"]?.string ?? "", $0["value"]?.string ?? "") }
        let account = json["serviceAccounts"]?.array?.first
        return BootRecord(
            project: key.project,
            projectNumber: projectNumber,
            zone: key.scope.name,
            name: key.name,
            id: id,
            machineType: machine.name,
            metadata: Dictionary(pairs) { first, _ in first },
            serviceAccount: account?["email"]?.string,
            scopes: (account?["scopes"]?.array ?? []).compactMap(\.string),
            isPreemptible: isPreemptible
        )
    }
}
