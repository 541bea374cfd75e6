import Text

extension InstanceDraft {
    /// A new VM of this draft with its disks; nil when the subnetwork has no address left.
    func makeInstance(
        name: String,
        hostname: JSONValue?,
        region: ComputeOptions.Region,
        in state: inout ComputeState
    ) -> StoredInstance? {
        let key = ResourceKey(project: project, scope: .zone(zone), name: name)
        guard let interfaces = shownInterfaces(region, &state) else { return nil }
        let id = state.newID()
        let now = JSONValue.string(ComputeClock.text(Clock.microseconds()))
        var json: JSONObject = [
            "kind": "compute#instance", "id": .string(String(id)), "creationTimestamp": now, "name": .string(name),
            "tags": ["fingerprint": .string(fingerprint(others["tags"]?["items"] ?? []))],
            "machineType": .string(ComputeLink.url("projects/\(project)/zones/\(zone)/machineTypes/\(machine.name)")),
            "status": "PROVISIONING", "zone": .string(ComputeLink.url("projects/\(project)/zones/\(zone)")),
            "canIpForward": false, "networkInterfaces": .array(interfaces),
            "disks": .array(shownDisks(of: key, now, &state)), "metadata": .object(metadata),
        ]
        if let tags = others["tags"]?["items"] {
            json["tags"] = ["items": tags, "fingerprint": .string(fingerprint(tags))]
        }
        for field in others.members where field.key != "tags" { json[field.key] = field.value }
        json["selfLink"] = .string(key.link("instances"))
        json["scheduling"] = .object(scheduling)
        json["cpuPlatform"] = "Unknown CPU Platform"
        if !labels.members.isEmpty { json["labels"] = .object(labels) }
        json["labelFingerprint"] = .string(fingerprint(.object(labels)))
        json["startRestricted"] = false
        if json["deletionProtection"] == nil { json["deletionProtection"] = false }
        json["fingerprint"] = .string(fingerprint(.string("\(id)")))
        json["hostname"] = hostname
        let life = state.newID()
        return StoredInstance(
            key: key,
            id: id,
            machine: machine,
            isPreemptible: isPreemptible,
            hasExternalAddress: hasExternalAddress,
            json: json,
            life: life,
            status: .provisioning
        )
    }

    private func shownInterfaces(_ region: ComputeOptions.Region, _ state: inout ComputeState) -> [JSONValue]? {
        var shown: [JSONValue] = []
        for (index, interface) in interfaces.enumerated() {
            guard let address = state.internalAddress(in: region) else { return nil }
            var json: JSONObject = [
                "kind": "compute#networkInterface", "network": .string(interface.network),
                "subnetwork": .string(interface.subnetwork.link("subnetworks")), "networkIP": .string(address),
                "name": .string("nic\(index)"), "fingerprint": .string(fingerprint(.string(address))),
                "stackType": "IPV4_ONLY",
            ]
            if var access = interface.accessConfig {
                access["natIP"] = .string(state.externalAddress())
                json["accessConfigs"] = [.object(access)]
            }
            shown.append(.object(json))
        }
        return shown
    }

    private func shownDisks(of instance: ResourceKey, _ now: JSONValue, _ state: inout ComputeState) -> [JSONValue] {
        disks.enumerated().map { index, disk in
            let name = disk.name ?? (index == 0 ? instance.name : "\(instance.name)-\(index)")
            let key = ResourceKey(project: project, scope: instance.scope, name: name)
            var stored = DiskDocument.make(key, type: disk.type, sizeGB: disk.sizeGB, image: disk.image, now, &state)
            stored["users"] = [.string(instance.link("instances"))]
            stored["lastAttachTimestamp"] = now
            if let labels = disk.labels { stored["labels"] = labels }
            state[.disks, key] = stored
            var json: JSONObject = [
                "kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": "READ_WRITE",
                "source": .string(key.link("disks")),
                "deviceName": .string(disk.deviceName ?? "persistent-disk-\(index)"), "index": .integer(index),
                "boot": .bool(disk.isBoot), "autoDelete": .bool(disk.autoDelete), "interface": "SCSI",
                "diskSizeGb": .string(String(disk.sizeGB)), "architecture": "X86_64",
            ]
            if let licenses = stored["licenses"] { json["licenses"] = licenses }
            return .object(json)
        }
    }
}

enum DiskDocument {
    static func make(
        _ key: ResourceKey,
        type: String,
        sizeGB: Int,
        image: ComputeCatalogue.Image?,
        _ now: JSONValue,
        _ state: inout ComputeState
    ) -> JSONObject {
        let zone = "projects/\(key.project)/\(key.scope.path)"
        var json: JSONObject = [
            "kind": "compute#disk", "id": .string(String(state.newID())), "creationTimestamp": now,
            "name": .string(key.name), "sizeGb": .string(String(sizeGB)),
            "zone": .string(ComputeLink.url(zone)), "status": "READY", "selfLink": .string(key.link("disks")),
            "type": .string(ComputeLink.url("\(zone)/diskTypes/\(type)")),
            "labelFingerprint": .string(fingerprint([:])),
            "physicalBlockSizeBytes": "4096", "architecture": "X86_64",
        ]
        if let image {
            let license = "projects/\(image.project)/global/licenses/\(image.license)"
            json["sourceImage"] = .string(ComputeLink.url(image.path))
            json["licenses"] = [.string(ComputeLink.url(license))]
        }
        return json
    }
}
