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
        dates = try Self.dates(arguments)
        let now = run.context.clock.epochMicroseconds()
        if let future = dates.first(where: { $0.startMicroseconds > now }) {
            throw arguments.error("\(future) has not begun yet (days are UTC)")
        }
        (shard, shardOrigin) = try Self.shard(arguments)
        planSource = try Self.planSource(run, shard: shard, origin: shardOrigin)
        workers = try arguments.int("max-workers") ?? 32
        place = Self.place(try arguments.required("bucket"), run.context)
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
            throw arguments.error("--plan and --\(other) exclude each other: the plan says what is to be brought")
        }
        guard let name = PlanName(text) else { throw arguments.error("--plan \(text) is no plan's name") }
        return .named(name)
    }

    private static func dates(_ arguments: ParsedArguments) throws -> [CalendarDate] {
        var dates = Set(arguments.all("date").compactMap { CalendarDate($0) })
        switch (arguments.string("start-date"), arguments.string("end-date")) {
        case (nil, nil): break
        case (let first?, let last?):
            guard let first = CalendarDate(first), let last = CalendarDate(last),
                let range = DateRange(first, through: last)
            else { throw arguments.error("--end-date \(last) is before --start-date \(first)") }
            dates.formUnion(range)
        default: throw arguments.error("--start-date and --end-date go together")
        }
        guard !dates.isEmpty else {
            throw arguments.error("which day? Give --date YYYY-MM-DD, or --start-date and --end-date")
        }
        return dates.sorted()
    }

    /// A bucket by URL or bare name, or a folder, which is told by its slash.
    private static func place(_ text: String, _ context: ToolContext) -> String {
        if text.contains("://") { return text }
        if text.contains("/") || text == "." || text == ".." { return context.absolute(text) }
        return "gs://\(text)"
    }

    private static func tardis(_ arguments: ParsedArguments) throws -> TardisClient.Options {
        var options = TardisClient.Options()
        options.datasetsURL = withoutEnding(try url("tardis-base-url", arguments), ["/", "/v1"])
        options.apiURL = withoutEnding(try url("tardis-api-url", arguments), ["/"])
        if let key = arguments.variable("TARDIS_API_KEY")?.values.last {
            guard isKey(key) else { throw arguments.error("TARDIS_API_KEY \(noKey)") }
            options.key = Secret(key)
        }
        options.stallTimeout = .seconds(try arguments.int("tardis-timeout") ?? 120)
        options.retry.tries = 1 + (try arguments.int("tardis-max-retries") ?? 8)
        return options
    }

    /// Whether a key can be sent as it is.
    static func isKey(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
    /// What is said of a text that is no key, behind the name of where it stands.
    static let noKey = "has a blank, a line end or another character that no key has"

    private static func url(_ name: String, _ arguments: ParsedArguments) throws -> String {
        let url = try arguments.required(name)
        guard ["http://", "https://", "file:///"].contains(where: url.hasPrefix) else {
            throw arguments.error("--\(name) \(url) is no address that begins with https://, http:// or file:///")
        }
        return url
    }

    private static func withoutEnding(_ url: String, _ endings: [String]) -> String {
        endings.reduce(url) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
    }

    /// Whether the data sets come from a folder, beside which there is no catalogue.
    var readsFolder: Bool { tardis.datasetsURL.hasPrefix("file:") }
}
