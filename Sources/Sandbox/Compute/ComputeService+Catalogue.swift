import Text

extension ComputeService {
    /// Zones, regions and the project, with their quotas.
    func answerPlaces(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        switch call.method {
        case "compute.zones.get":
            let key = ResourceKey(project: place.project.id, scope: .global, name: call.path("zone"))
            guard let row = zoneRows(place.project.id).first(where: { $0.key == key }) else {
                throw Refusal.noSuchResource("projects/\(place.project.id)/zones/\(key.name)")
            }
            return .object(row.json)
        case "compute.zones.list":
            return try list(call, place, kind: "compute#zoneList") { _ in zoneRows(place.project.id) }
        case "compute.regions.get":
            let key = ResourceKey(project: place.project.id, scope: .global, name: call.path("region"))
            guard let row = withState({ regionRows(place.project.id, $0) }).first(where: { $0.key == key }) else {
                throw Refusal.noSuchResource("projects/\(place.project.id)/regions/\(key.name)")
            }
            return .object(row.json)
        case "compute.regions.list":
            return try list(call, place, kind: "compute#regionList") { regionRows(place.project.id, $0) }
        default: return .object(withState { project(place.project, $0) })
        }
    }

    private func zoneRows(_ project: String) -> [ComputeListing.Row] {
        options.regions.flatMap { region in
            region.zones.map { zone in
                let place = "projects/\(project)/zones/\(zone)"
                return (
                    ResourceKey(project: project, scope: .global, name: zone),
                    [
                        "kind": "compute#zone", "id": .string(Self.number(of: place)),
                        "creationTimestamp": Self.longAgo, "name": .string(zone), "description": .string(zone),
                        "status": "UP",
                        "region": .string(ComputeLink.url("projects/\(project)/regions/\(region.name)")),
                        "selfLink": .string(ComputeLink.url(place)), "availableCpuPlatforms": ["Intel Broadwell"],
                        "supportsPzs": false,
                    ]
                )
            }
        }
    }

    private func regionRows(_ project: String, _ state: ComputeState) -> [ComputeListing.Row] {
        let book = QuotaBook(options, state)
        return options.regions.map { region in
            let place = "projects/\(project)/regions/\(region.name)"
            return (
                ResourceKey(project: project, scope: .global, name: region.name),
                [
                    "kind": "compute#region", "id": .string(Self.number(of: place)), "creationTimestamp": Self.longAgo,
                    "name": .string(region.name), "description": .string(region.name), "status": "UP",
                    "zones": .array(region.zones.map { .string(ComputeLink.url("projects/\(project)/zones/\($0)")) }),
                    "quotas": book.shown(project: project, region: region.name),
                    "selfLink": .string(ComputeLink.url(place)), "supportsPzs": false,
                ]
            )
        }
    }

    private func project(_ project: ComputeOptions.Project, _ state: ComputeState) -> JSONObject {
        [
            "kind": "compute#project", "id": .string(String(project.number)), "creationTimestamp": Self.longAgo,
            "name": .string(project.id), "commonInstanceMetadata": .object(MetadataRules.shown([])),
            "quotas": QuotaBook(options, state).shown(project: project.id, region: nil),
            "selfLink": .string(ComputeLink.url("projects/\(project.id)")),
            "defaultServiceAccount": .string("\(project.number)-compute@developer.gserviceaccount.com"),
            "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS", "defaultNetworkTier": "PREMIUM",
            "vmDnsSetting": "ZONAL_ONLY",
        ]
    }

    static let longAgo: JSONValue = "2014-05-30T18:35:16.514-07:00"

    static func number(of path: String) -> String {
        var generator = SplitMix(text: path)
        return String(generator.next() >> 1)
    }

    // MARK: Machine types and disk types

    func answerMachineTypes(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        switch call.method {
        case "compute.machineTypes.get":
            let key = place.key(call.path("machineType"))
            guard let row = machineTypeRows(place.project.id).first(where: { $0.key == key }) else {
                throw Refusal.noSuchResource(key.path("machineTypes"))
            }
            return .object(row.json)
        case "compute.machineTypes.list":
            return try list(call, place, kind: "compute#machineTypeList") { _ in machineTypeRows(place.project.id) }
        default:
            return try aggregate(
                call,
                place,
                kind: "compute#machineTypeAggregatedList",
                collection: "machineTypes",
                scopes: scopes(zones: true, regions: false, global: false)
            ) { _ in machineTypeRows(place.project.id) }
        }
    }

    private func machineTypeRows(_ project: String) -> [ComputeListing.Row] {
        scopes(zones: true, regions: false, global: false).flatMap { zone in
            ComputeCatalogue.machineTypes.map { type in
                let key = ResourceKey(project: project, scope: zone, name: type.name)
                return (
                    key,
                    [
                        "kind": "compute#machineType", "id": .string(Self.number(of: type.name)),
                        "creationTimestamp": Self.longAgo, "name": .string(type.name),
                        "description": .string("\(type.cpus) vCPUs, \(type.memoryMB / 1_024) GB RAM"),
                        "guestCpus": .integer(type.cpus), "memoryMb": .integer(type.memoryMB), "imageSpaceGb": 0,
                        "maximumPersistentDisks": 128, "maximumPersistentDisksSizeGb": "263168",
                        "zone": .string(zone.name), "selfLink": .string(key.link("machineTypes")), "isSharedCpu": false,
                        "architecture": "X86_64",
                    ]
                )
            }
        }
    }

    func diskType(_ call: JSONCall, _ place: Place) throws -> JSONValue {
        let key = place.key(call.path("diskType"))
        guard ComputeCatalogue.diskTypes.contains(key.name) else { throw Refusal.noSuchResource(key.path("diskTypes")) }
        let zone = "projects/\(place.project.id)/\(place.scope.path)"
        return [
            "kind": "compute#diskType", "id": .string(Self.number(of: key.name)), "creationTimestamp": Self.longAgo,
            "name": .string(key.name), "description": .string(key.name), "validDiskSize": "10GB-65536GB",
            "zone": .string(ComputeLink.url(zone)), "selfLink": .string(key.link("diskTypes")),
            "defaultDiskSizeGb": .string(key.name == "pd-standard" ? "500" : "100"),
        ]
    }

    // MARK: Images

    /// Images of the public projects, and of the project itself (none).
    func answerImages(_ call: JSONCall) throws -> JSONValue {
        let project = call.path("project")
        let images = ComputeCatalogue.images.filter { $0.project == project }
        let isOwn = options.projects.contains { $0.id == project || String($0.number) == project }
        guard isOwn || !images.isEmpty else { throw Refusal.noSuchResource("projects/\(project)") }
        switch call.method {
        case "compute.images.list":
            let listing = try ComputeListing(call, root: "items", validator: try Self.contract.get())
            let (page, token) = listing.page(
                images.map { (ResourceKey(project: project, scope: .global, name: $0.name), Self.document($0)) }
            )
            return Self.listDocument(call, "compute#imageList", page, token)
        case "compute.images.get":
            let name = call.path("image")
            guard let image = images.first(where: { $0.name == name }) else {
                throw Refusal.noSuchResource("projects/\(project)/global/images/\(name)")
            }
            return .object(Self.document(image))
        default:
            let family = call.path("family")
            guard let image = images.first(where: { $0.family == family }) else {
                throw Refusal.noSuchResource("projects/\(project)/global/images/family/\(family)")
            }
            let document = JSONValue.object(Self.document(image))
            return call.method == "compute.imageFamilyViews.get" ? ["image": document] : document
        }
    }

    private static func document(_ image: ComputeCatalogue.Image) -> JSONObject {
        let license = "projects/\(image.project)/global/licenses/\(image.license)"
        return [
            "kind": "compute#image", "id": .string(number(of: image.path)), "creationTimestamp": longAgo,
            "name": .string(image.name), "family": .string(image.family), "sourceType": "RAW", "status": "READY",
            "archiveSizeBytes": "742396032", "diskSizeGb": .string(String(image.sizeGB)), "architecture": "X86_64",
            "licenses": [.string(ComputeLink.url(license))], "selfLink": .string(ComputeLink.url(image.path)),
            "storageLocations": ["us"], "guestOsFeatures": [["type": "VIRTIO_SCSI_MULTIQUEUE"], ["type": "GVNIC"]],
        ]
    }
}
