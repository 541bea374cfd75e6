/// What one VM takes of a project's quotas.
struct MachineShape: Sendable, Equatable {
    /// The machine type's bare name.
    var machineType: String
    var vCPUs: Int
    /// The boot disk in GB.
    var diskGigabytes: Int
    var diskType: String
    /// Whether the platform may end it at any time.
    var isPreemptible: Bool
    /// Whether it has an address of its own.
    var hasExternalAddress: Bool

    /// A shape; `vCPUs` is read from the machine type's name when it is not given, and 2 when the name does not say.
    init(
        machineType: String,
        vCPUs: Int? = nil,
        diskGigabytes: Int,
        diskType: String,
        isPreemptible: Bool,
        hasExternalAddress: Bool
    ) {
        self.machineType = machineType
        self.vCPUs = vCPUs ?? Self.vCPUs(of: machineType) ?? 2
        self.diskGigabytes = diskGigabytes
        self.diskType = diskType
        self.isPreemptible = isPreemptible
        self.hasExternalAddress = hasExternalAddress
    }

    /// The family: `e2` of `e2-highmem-2`.
    var family: String { machineType.split(separator: "-").first.map(String.init) ?? machineType }

    /// The CPUs that a machine type's name tells: `e2-highmem-2`, `n2-custom-4-8192`, `custom-4-8192`; nil when it tells none.
    static func vCPUs(of machineType: String) -> Int? {
        let parts = machineType.split(separator: "-").map(String.init)
        if let custom = parts.firstIndex(of: "custom") {
            return parts.indices.contains(custom + 1) ? Int(parts[custom + 1]) : nil
        }
        switch machineType {
        case "e2-micro", "e2-small", "e2-medium": return 2
        case "f1-micro", "g1-small": return 1
        default: return parts.count == 3 ? Int(parts[2]) : nil
        }
    }
}
