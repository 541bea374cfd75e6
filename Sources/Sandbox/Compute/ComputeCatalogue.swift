/// What Compute Engine offers ready-made: machine types, disk types, images.
enum ComputeCatalogue {
    struct MachineType: Sendable, Equatable {
        let name: String
        let cpus: Int
        let memoryMB: Int
        /// `e2`, `n2`: the first part of the name.
        var family: String { String(name.prefix { $0 != "-" }) }
    }

    struct Image: Sendable, Equatable {
        let project: String
        let family: String
        let name: String
        let sizeGB: Int
        let license: String

        var path: String { "projects/\(project)/global/images/\(name)" }
    }

    static let machineTypes: [MachineType] =
        [
            MachineType(name: "e2-micro", cpus: 2, memoryMB: 1_024),
            MachineType(name: "e2-small", cpus: 2, memoryMB: 2_048),
            MachineType(name: "e2-medium", cpus: 2, memoryMB: 4_096),
            MachineType(name: "n1-standard-1", cpus: 1, memoryMB: 3_840),
        ]
        + [("e2", [2, 4, 8, 16]), ("n2", [2, 4, 8, 16, 32])].flatMap { family, sizes in
            sizes.flatMap { cpus in
                [("highmem", 8_192), ("standard", 4_096), ("highcpu", 1_024)].map { shape, perCPU in
                    MachineType(name: "\(family)-\(shape)-\(cpus)", cpus: cpus, memoryMB: cpus * perCPU)
                }
            }
        }

    static let diskTypes = ["pd-standard", "pd-balanced", "pd-ssd"]

    static let images = [
        Image(
            project: "ubuntu-os-cloud",
            family: "ubuntu-2204-lts",
            name: "ubuntu-2204-jammy-v20261104",
            sizeGB: 10,
            license: "ubuntu-2204-lts"
        ),
        Image(
            project: "debian-cloud",
            family: "debian-12",
            name: "debian-12-bookworm-v20261111",
            sizeGB: 10,
            license: "debian-12-bookworm"
        ),
        Image(
            project: "cos-cloud",
            family: "cos-stable",
            name: "cos-stable-121-18867-90-4",
            sizeGB: 10,
            license: "cos-stable"
        ),
    ]

    static func machineType(_ name: String) -> MachineType? { machineTypes.first { $0.name == name } }

    /// The image that a `sourceImage` names, by its name or as the newest of its family.
    static func image(_ url: String, project: String) -> Image? {
        let owner = ComputeLink.part("projects", of: url) ?? project
        let name = ComputeLink.name(url)
        let isFamily = url.contains("/family/") || url.contains("/imageFamilyViews/")
        return images.first { $0.project == owner && (isFamily ? $0.family : $0.name) == name }
    }
}
