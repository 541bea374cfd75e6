import FleetModel
import Common
import Console
import GoogleCloud
import Tardis
import Transport

/// What a download is asked to do, checked.
struct DownloadSettings: Sendable {
    /// Where the plan of a date comes from.
    enum PlanSource: Sendable {
        /// Made here, and kept in the bucket.
        case made([Instrument], shards: Int)
        /// Read from the bucket.
        case named(PlanName)
    }

    let dates: [CalendarDate]
    let planSource: PlanSource
    let shard: Int
    /// What the shard's number comes from, for errors.
    let shardOrigin: String
    let workers: Int
    let place: String
    let isForced: Bool
    let isDryRun: Bool
    let vm: String
    let watchesPreemption: Bool
    let tardis: TardisClient.Options
    /// Where the key is that `tardis` lacks.
    let secret: SecretName?

    /// Reads the command line and the settings around it. Throws `UsageError` and `RegistryError`.
    init(_ run: ToolRun) throws {
        let arguments = run.arguments
        dates = try DateOptions.begun(arguments, now: run.context.clock.epochMicroseconds())
        (shard, shardOrigin) = try Self.shard(arguments)
        planSource = try Self.planSource(run, shard: shard, origin: shardOrigin)
        workers = try arguments.int("max-workers") ?? 32
        place = StorageLocation.resolve(try arguments.required("bucket"), run.context)
        isForced = arguments.flag("force")
        isDryRun = arguments.flag(StandardOptions.dryRun.name)
        vm = arguments.string("vm-name") ?? "local-\(shard)"
        guard !vm.isEmpty, vm.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }) else {
            throw arguments.error("--vm-name \(vm) is no name: letters, digits, dashes, dots and underscores make one")
        }
        watchesPreemption = arguments.flag("watch-preemption")
        tardis = try Self.tardis(arguments)
        secret = tardis.key == nil ? arguments.string("secret").flatMap { SecretName($0, project: "") } : nil
    }

    private static func shard(_ arguments: ParsedArguments) throws -> (Int, String) {
        guard let offset = try arguments.int("shard-offset") else {
            let shard = try arguments.int("shard-index") ?? 0
            return (shard, "--shard-index \(shard)")
        }
        if let origin = arguments.origin("shard-index"), origin != .builtIn {
            throw arguments.error("--shard-offset and --shard-index (\(origin)) exclude each other")
        }
        guard let vm = arguments.string("vm-name") else {
            throw arguments.error("--shard-offset needs --vm-name PREFIX-NUMBER, whose number tells the shard")
        }
        let shard = try ShardNumber.shard(ofVM: vm, offset: offset)
        return (shard, "--vm-name \(vm) with --shard-offset \(offset)")
    }

    private static func planSource(_ run: ToolRun, shard: Int, origin: String) throws -> PlanSource {
        let arguments = run.arguments
        guard let text = arguments.string("plan") else {
            let shards = try arguments.int("total-shards") ?? 1
            guard shard < shards else {
                throw arguments.error("\(origin) is not below --total-shards \(shards); shards count from 0")
            }
            let registry = try InstrumentRegistry.load(arguments, run.context)
            return .made(try InstrumentFilter(arguments).select(from: registry), shards: shards)
        }
        // What the environment says about instruments is meant for those who make plans.
        let excluded =
            [
                SharedOptions.symbols, SharedOptions.venues, SharedOptions.dataTypes, SharedOptions.instrumentsFile,
                SharedOptions.maxInstruments,
            ].map(\.name) + ["total-shards"]
        if let other = excluded.first(where: { arguments.origin($0) == .flag }) {
            throw arguments.error("--plan and --\(other) exclude each other: the plan says what is to be downloaded")
        }
        guard let name = PlanName(text) else { throw arguments.error("--plan \(text) is no plan's name") }
        return .named(name)
    }

    private static func tardis(_ arguments: ParsedArguments) throws -> TardisClient.Options {
        var options = TardisClient.Options()
        options.datasetsURL = try TardisSettings.url("tardis-base-url", arguments, without: ["/", "/v1"])
        options.apiURL = try TardisSettings.url("tardis-api-url", arguments)
        options.key = try TardisSettings.key(arguments)
        options.stallTimeout = .seconds(try arguments.int("tardis-timeout") ?? 120)
        options.retry.tries = 1 + (try arguments.int("tardis-max-retries") ?? 8)
        return options
    }

    /// Whether the data sets come from a folder, beside which there is no catalogue.
    var readsFolder: Bool { tardis.datasetsURL.hasPrefix("file:") }
}
