/// The body of `instances.bulkInsert`.
struct WireNewInstances: Encodable {
    struct PerInstance: Encodable {}
    struct Properties: Encodable {
        let machineType: String
        let labels: [String: String]
        let metadata: WireInstance.Metadata
        let disks: [Disk]
        let networkInterfaces: [Interface]
        let scheduling: Scheduling
        let serviceAccounts: [ServiceAccount]
        let shieldedInstanceConfig: Shielding?
    }
    /// What organisations with `compute.requireShieldedVm` ask for, and Ubuntu's and Debian's images support.
    struct Shielding: Encodable {
        let enableSecureBoot = true
        let enableVtpm = true
        let enableIntegrityMonitoring = true
    }
    struct Disk: Encodable {
        let autoDelete = true
        let boot = true
        let mode = "READ_WRITE"
        let type = "PERSISTENT"
        let initializeParams: DiskSource
    }
    struct DiskSource: Encodable {
        let sourceImage: String
        let diskSizeGb: WireInteger
        let diskType: String
        /// Those of the VM, so that a disk that outlives it is known for what it is.
        let labels: [String: String]
    }
    struct Interface: Encodable {
        let network: String?
        let subnetwork: String?
        let accessConfigs: [Access]?
    }
    struct Access: Encodable {
        let name = "external-nat"
        let type = "ONE_TO_ONE_NAT"
    }
    struct Scheduling: Encodable {
        let provisioningModel: String
        let preemptible: Bool?
        let automaticRestart: Bool?
        let onHostMaintenance: String?
        let instanceTerminationAction: String?
        let maxRunDuration: Seconds?
    }
    struct Seconds: Encodable {
        let seconds: WireInteger
    }
    struct ServiceAccount: Encodable {
        let email: String
        let scopes: [String]
    }

    let count: WireInteger
    let minCount: WireInteger
    let perInstanceProperties: [String: PerInstance]
    let instanceProperties: Properties

    init(_ new: NewInstances) {
        count = WireInteger(Int64(new.names.count))
        minCount = WireInteger(Int64(new.minimum))
        perInstanceProperties = Dictionary(new.names.map { ($0, PerInstance()) }) { first, _ in first }
        let isSpot = new.provisioning == .spot
        // In instance properties machine and disk type are bare names; URLs fail as an internal error.
        instanceProperties = Properties(
            machineType: new.machineType,
            labels: new.labels,
            metadata: .init(items: new.metadata.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) }),
            disks: [
                Disk(
                    initializeParams: DiskSource(
                        sourceImage: new.sourceImage,
                        diskSizeGb: WireInteger(Int64(new.diskGigabytes)),
                        diskType: new.diskType,
                        labels: new.labels
                    )
                )
            ],
            networkInterfaces: [
                Interface(
                    network: new.network ?? (new.subnetwork == nil ? "global/networks/default" : nil),
                    subnetwork: new.subnetwork,
                    accessConfigs: new.hasExternalAddress ? [Access()] : nil
                )
            ],
            scheduling: Scheduling(
                provisioningModel: isSpot ? "SPOT" : "STANDARD",
                preemptible: isSpot ? true : nil,
                automaticRestart: isSpot ? false : nil,
                onHostMaintenance: isSpot ? "TERMINATE" : nil,
                // Only VMs that something ends have a way to be ended.
                instanceTerminationAction: isSpot || new.maxRunSeconds != nil ? new.termination.rawValue : nil,
                maxRunDuration: new.maxRunSeconds.map { Seconds(seconds: WireInteger(Int64($0))) }
            ),
            serviceAccounts: [ServiceAccount(email: new.serviceAccount, scopes: [CredentialSources.scope])],
            shieldedInstanceConfig: new.isShielded ? Shielding() : nil
        )
    }
}
