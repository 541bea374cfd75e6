import Text

/// What is wanted of a new VM, judged by the platform's rules; the same for all VMs of one bulkInsert.
struct InstanceDraft: Sendable {
    /// A disk of the VM.
    struct Disk: Sendable, Equatable {
        let type: String
        let sizeGB: Int
        let image: ComputeCatalogue.Image?
        let isBoot: Bool
        let autoDelete: Bool
        let name: String?
        let deviceName: String?
        let labels: JSONValue?
    }

    /// A network interface of the VM.
    struct Interface: Sendable, Equatable {
        let network: String
        let subnetwork: ResourceKey
        let accessConfig: JSONObject?
    }

    let project: String
    let zone: String
    let machine: ComputeCatalogue.MachineType
    let disks: [Disk]
    let interfaces: [Interface]
    let scheduling: JSONObject
    let labels: JSONObject
    let metadata: JSONObject
    /// Fields that are shown as they were sent.
    let others: JSONObject

    var region: String { ComputeScope.zone(zone).region }
    var hasExternalAddress: Bool { interfaces.contains { $0.accessConfig != nil } }
    var isPreemptible: Bool { scheduling["preemptible"]?.bool == true }

    /// Judges `properties` (an Instance or InstanceProperties); `field` is what messages call it.
    init(
        _ properties: JSONValue,
        field: String,
        project: String,
        zone: String,
        machine: ComputeCatalogue.MachineType,
        networks: [ResourceKey: JSONObject],
        subnetworks: [ResourceKey: JSONObject]
    ) throws {
        self.project = project
        self.zone = zone
        self.machine = machine
        scheduling = try SchedulingRules.checked(properties["scheduling"], "\(field).scheduling")
        labels = try LabelRules.checked(properties["labels"], "\(field).labels")
        metadata = try MetadataRules.checked(properties["metadata"], "\(field).metadata")
        let wanted = properties["disks"]?.array ?? []
        guard wanted.filter({ $0["boot"]?.bool == true }).count == 1, wanted[0]["boot"]?.bool == true else {
            throw Refusal.invalid("\(field).disks", "", "Boot disk must be specified as the first disk.")
        }
        disks = try wanted.enumerated().map { index, disk in
            try Self.disk(disk, "\(field).disks[\(index)]", project: project, zone: zone)
        }
        let places = properties["networkInterfaces"]?.array ?? [[:]]
        let region = ComputeScope.region(ComputeScope.zone(zone).region)
        interfaces = try places.enumerated().map { index, place in
            let field = "\(field).networkInterfaces[\(index)]"
            return try Self.interface(place, field, project, region, networks, subnetworks)
        }
        if let accounts = properties["serviceAccounts"]?.array {
            guard accounts.count <= 1 else {
                throw Refusal.invalid("\(field).serviceAccounts", "", "At most one service account is allowed.")
            }
            for account in accounts where account["email"]?.string?.isEmpty != false {
                throw Refusal.invalid("\(field).serviceAccounts[0].email", "", "A service account must be given.")
            }
        }
        var others = JSONObject()
        for name in ["description", "canIpForward", "deletionProtection", "serviceAccounts", "shieldedInstanceConfig"] {
            others[name] = properties[name]
        }
        if let tags = properties["tags"]?["items"] { others["tags"] = ["items": tags] }
        self.others = others
    }

    private static func disk(_ json: JSONValue, _ field: String, project: String, zone: String) throws -> Disk {
        let wanted = json["initializeParams"]
        guard json["source"] == nil else {
            throw Refusal.google(501, "notImplemented", "The sandbox attaches no existing disks (\(field).source).")
        }
        let type = ComputeLink.name(wanted?["diskType"]?.string ?? "pd-standard")
        guard ComputeCatalogue.diskTypes.contains(type) else {
            let value = wanted?["diskType"]?.string ?? ""
            let why = "The referenced diskType resource cannot be found."
            throw Refusal.invalid("\(field).initializeParams.diskType", value, why)
        }
        if let place = wanted?["diskType"]?.string.flatMap({ ComputeLink.part("zones", of: $0) }), place != zone {
            let why = "Disk type must be in zone '\(zone)'."
            throw Refusal.invalid("\(field).initializeParams.diskType", place, why)
        }
        var image: ComputeCatalogue.Image?
        if let source = wanted?["sourceImage"]?.string {
            image = ComputeCatalogue.image(source, project: project)
            if image == nil {
                let why = "The referenced image resource cannot be found."
                throw Refusal.invalid("\(field).initializeParams.sourceImage", source, why)
            }
        } else if json["boot"]?.bool == true {
            throw Refusal.invalid("\(field).initializeParams.sourceImage", "", "A boot disk needs a source.")
        }
        let size = (wanted?["diskSizeGb"] ?? json["diskSizeGb"])?.integer
        if let size, size < image?.sizeGB ?? 10 {
            let why = "Requested disk size cannot be smaller than the image size (\(image?.sizeGB ?? 10) GB)"
            throw Refusal.invalid("\(field).initializeParams.diskSizeGb", String(size), why)
        }
        return Disk(
            type: type,
            sizeGB: size ?? image?.sizeGB ?? 500,
            image: image,
            isBoot: json["boot"]?.bool ?? false,
            autoDelete: json["autoDelete"]?.bool ?? false,
            name: wanted?["diskName"]?.string,
            deviceName: json["deviceName"]?.string,
            labels: wanted?["labels"]
        )
    }

    private static func interface(
        _ json: JSONValue,
        _ field: String,
        _ project: String,
        _ region: ComputeScope,
        _ networks: [ResourceKey: JSONObject],
        _ subnetworks: [ResourceKey: JSONObject]
    ) throws -> Interface {
        var access: JSONObject?
        if let first = json["accessConfigs"]?.array?.first {
            access = ["kind": "compute#accessConfig", "type": "ONE_TO_ONE_NAT"]
            access?["name"] = first["name"] ?? "external-nat"
            access?["networkTier"] = first["networkTier"] ?? "PREMIUM"
        }
        let named = json["subnetwork"]?.string.map { url in
            let place = ComputeLink.part("regions", of: url).map(ComputeScope.region) ?? region
            return (url, ResourceKey(project: project, scope: place, name: ComputeLink.name(url)))
        }
        if let (url, key) = named {
            guard key.scope == region, let subnetwork = subnetworks[key] else {
                throw Refusal.invalid("\(field).subnetwork", url, "The referenced subnetwork resource cannot be found.")
            }
            return Interface(network: subnetwork["network"]?.string ?? "", subnetwork: key, accessConfig: access)
        }
        let url = json["network"]?.string ?? "global/networks/default"
        let network = ResourceKey(project: project, scope: .global, name: ComputeLink.name(url))
        guard networks[network] != nil else {
            throw Refusal.invalid("\(field).network", url, "The referenced network resource cannot be found.")
        }
        let key = ResourceKey(project: project, scope: region, name: network.name)
        guard subnetworks[key] != nil else {
            let why = "Network interface must specify a subnet if the network resource is in custom subnet mode."
            throw Refusal.invalid("\(field).subnetwork", "", why)
        }
        return Interface(network: network.link("networks"), subnetwork: key, accessConfig: access)
    }
}
