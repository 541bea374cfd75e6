import Host
import Common
import Console
import GoogleCloud
import Transport

/// The command line and the settings around it, checked.
struct OrchestrateSettings: Sendable {
    /// What part of the plan is asked for, wherever it runs.
    let run: FleetRun
    let shards: ClosedRange<Int>
    let instances: Int
    let place: String
    let key: Secret?
    let waits: Bool
    let poll: Duration
    let isDryRun: Bool
    let saysYes: Bool
    /// How many processes of this machine; nil for VMs, 0 for one a core.
    let local: Int?
    let tardisURL: String

    /// Reads it. Throws `UsageError` and `RegistryError`.
    init(_ tool: ToolRun) throws {
        let arguments = tool.arguments
        let dates = try DateOptions.begun(arguments, now: tool.context.clock.epochMicroseconds())
        let registry = try InstrumentRegistry.load(arguments, tool.context)
        let instruments = try InstrumentFilter(arguments).select(from: registry)
        instances = try arguments.int("instances") ?? 60
        run = try FleetRun(dates: dates, instruments: instruments, shards: instances)
        shards = try Self.shards(arguments, of: run)
        place = StorageLocation.resolve(try arguments.required("bucket"), tool.context)
        key = try TardisSettings.key(arguments)
        waits = arguments.flag("wait")
        poll = arguments.string("poll").flatMap(Double.init).map { .seconds($0) } ?? .seconds(15)
        isDryRun = arguments.flag(StandardOptions.dryRun.name)
        saysYes = arguments.flag(StandardOptions.yes.name)
        local = arguments.string("local").map { Int($0) ?? 0 }
        tardisURL = try TardisSettings.url("tardis-api-url", arguments)
        guard local != nil || StorageLocation.bucket(place) != nil else {
            throw arguments.error("VMs cannot write to \(place): give a bucket, or --local to download on this machine")
        }
    }

    private static func shards(_ arguments: ParsedArguments, of run: FleetRun) throws -> ClosedRange<Int> {
        let first = try arguments.int("start-shard") ?? 0
        let last = try arguments.int("end-shard") ?? run.shards - 1
        for (name, shard) in [("start-shard", first), ("end-shard", last)] where shard >= run.shards {
            throw arguments.error("--\(name) \(shard): the run has the shards 0 to \(run.shards - 1)")
        }
        guard first <= last else {
            throw arguments.error("--start-shard \(first) is behind --end-shard \(last)")
        }
        return first...last
    }

    /// What a fleet of VMs is told. Throws `UsageError`.
    func spec(_ tool: ToolRun) throws -> LaunchSpec {
        let arguments = tool.arguments
        var spec = LaunchSpec(
            run: run,
            shards: shards,
            instances: instances,
            bucket: place,
            project: try arguments.required(SharedOptions.project.name),
            zones: try Self.zones(arguments),
            machine: try Self.machine(arguments),
            serviceAccount: try arguments.required(SharedOptions.serviceAccount.name),
            image: try Self.image(arguments),
            prefix: try Self.prefix(arguments),
            network: arguments.string("network"),
            subnetwork: arguments.string("subnet"),
            egress: arguments.string("egress").flatMap(LaunchSpec.Egress.init) ?? .auto,
            secret: arguments.string("secret"),
            key: key,
            allowsPlainKey: arguments.flag("plain-key"),
            startupScript: try Self.script("vm-startup-script.sh", tool),
            shutdownScript: try Self.script("vm-shutdown-script.sh", tool)
        )
        spec.liveness = try SharedOptions.liveness(arguments)
        if let text = spec.subnetwork {
            guard let subnetwork = SubnetworkReference(text) else {
                throw arguments.error(
                    "--subnet \(text) is neither a subnetwork's name nor projects/HOST/regions/REGION/subnetworks/NAME"
                )
            }
            if let region = subnetwork.region, region != spec.region {
                throw arguments.error("--subnet \(text) is in \(region), and the zones are in \(spec.region)")
            }
            spec.subnetwork = subnetwork.name
            spec.hostProject = subnetwork.hostProject == spec.project ? nil : subnetwork.hostProject
        }
        return spec
    }

    private static func zones(_ arguments: ParsedArguments) throws -> LaunchSpec.Zones {
        let named = arguments.all("zones")
        if let first = named.first {
            if arguments.origin(SharedOptions.zone.name) == .flag {
                throw arguments.error("--zone and --zones exclude each other")
            }
            let region = ComputeRegion.name(ofZone: first)
            if let other = named.first(where: { ComputeRegion.name(ofZone: $0) != region }) {
                throw arguments.error("--zones \(first) and \(other) are not in one region, and a run has one egress")
            }
            return .only(named)
        }
        let zone = try arguments.required(SharedOptions.zone.name)
        return arguments.origin(SharedOptions.zone.name) == .flag ? .only([zone]) : .preferring(zone)
    }

    private static func machine(_ arguments: ParsedArguments) throws -> LaunchSpec.Machine {
        let disk = try arguments.required(SharedOptions.diskSize.name)
        guard let gigabytes = UnitParsing.gigabytes(disk), gigabytes >= 10 else {
            throw arguments.error("--disk-size \(disk) is no size of at least 10GB, such as 100GB")
        }
        let life = try arguments.required("max-run-duration")
        let seconds = UnitParsing.duration(life)?.components.seconds ?? 86_400
        var machine = LaunchSpec.Machine(
            type: try arguments.required(SharedOptions.machineType.name),
            diskGigabytes: gigabytes,
            diskType: try arguments.required(SharedOptions.diskType.name),
            imageFamily: try arguments.required(SharedOptions.imageFamily.name),
            imageProject: try arguments.required(SharedOptions.imageProject.name),
            isPreemptible: arguments.flag(SharedOptions.preemptible.name),
            maxRunSeconds: Int(seconds),
            isKept: arguments.flag("keep-vms")
        )
        machine.isShielded = arguments.flag("shielded-vm")
        return machine
    }

    private static func image(_ arguments: ParsedArguments) throws -> String {
        if let image = arguments.string("image") { return image }
        return try arguments.required(SharedOptions.repository.name) + "/market-tick-data-handler:latest"
    }

    /// A VM's name is the prefix, a dash and up to four digits, and has at most 63 characters.
    private static func prefix(_ arguments: ParsedArguments) throws -> String {
        let prefix = try arguments.required(SharedOptions.vmNamePrefix.name)
        let letters = "abcdefghijklmnopqrstuvwxyz"
        guard let first = prefix.first, letters.contains(first), prefix.utf8.count <= 56, !prefix.hasSuffix("-"),
            prefix.allSatisfy({ letters.contains($0) || "0123456789-".contains($0) })
        else {
            throw arguments.error(
                "--vm-name-prefix \(prefix) cannot begin VMs' names: a-z first, then a-z, 0-9 and dashes, at most 56"
            )
        }
        return prefix
    }

    /// The price table of the estimate; nil when there is none. Throws `UsageError` for one that cannot be used.
    static func prices(_ tool: ToolRun) throws -> PriceTable? {
        let named = tool.arguments.string("prices").map(tool.context.absolute)
        guard let path = named ?? SettingsSources.orchestrationFile("prices.csv", tool.context) else { return nil }
        do {
            return try PriceTable(
                try tool.context.files.text(path),
                name: path.split(separator: "/").last.map(String.init) ?? path
            )
        } catch let error as FileError {
            throw tool.arguments.error("--prices: \(error)")
        }
    }

    private static func script(_ name: String, _ tool: ToolRun) throws -> String {
        guard let path = SettingsSources.orchestrationFile(name, tool.context) else {
            let places = SettingsSources.orchestrationFolders(tool.context).joined(separator: ", ")
            throw tool.arguments.error("\(name) was not found in \(places): set ORCHESTRATION_DIR to its folder")
        }
        return try tool.context.files.text(path)
    }
}

extension ValueCheck {
    /// Compute Engine's limits of `maxRunDuration`: 30 seconds to 120 days.
    static let runTime = duration(.seconds(30) ... .seconds(120 * 86_400), "between 30s and 120d")
    static let seconds = ValueCheck { text in
        guard let seconds = Double(text) else { return "is no number of seconds" }
        return (0.05...3_600).contains(seconds) ? nil : "must be between 0.05 and 3600"
    }
}
