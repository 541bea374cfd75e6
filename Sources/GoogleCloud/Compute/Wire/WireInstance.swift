/// A VM as Compute Engine writes it, as far as it is read.
struct WireInstance: AggregatedItem {
    struct Metadata: Codable {
        let items: [WireMetadataItem]?
    }
    struct Scheduling: Decodable {
        let preemptible: Bool?
        let provisioningModel: String?
    }
    struct Interface: Decodable {
        let accessConfigs: [Access]?
    }
    struct Access: Decodable {
        let natIP: String?
    }

    static let collection = "instances"

    let id: String?
    let name: String
    let zone: String?
    let status: String?
    let machineType: String?
    let labels: [String: String]?
    let metadata: Metadata?
    let scheduling: Scheduling?
    let creationTimestamp: String?
    let lastStartTimestamp: String?
    let networkInterfaces: [Interface]?

    var model: ComputeInstance {
        let items = metadata?.items ?? []
        return ComputeInstance(
            name: name,
            zone: bareName(zone ?? ""),
            status: status.flatMap(ComputeInstance.Status.init) ?? .unknown,
            machineType: bareName(machineType ?? ""),
            labels: labels ?? [:],
            metadata: Dictionary(items.map { ($0.key, $0.value ?? "") }) { _, last in last },
            isPreemptible: scheduling?.preemptible ?? false || scheduling?.provisioningModel == "SPOT",
            created: creationTimestamp ?? "",
            started: lastStartTimestamp,
            externalAddresses: (networkInterfaces ?? []).flatMap { ($0.accessConfigs ?? []).compactMap(\.natIP) },
            id: id ?? ""
        )
    }
}

struct WireMetadataItem: Codable {
    let key: String
    let value: String?
}
