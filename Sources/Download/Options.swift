import FleetModel
import Common
import Console
import GoogleCloud
import Ticks

/// The command line of `vm-data-downloader`.
enum Options {
    static let command = CommandSpec(
        name: "vm-data-downloader",
        summary: "download Tardis tick data, convert it to typed Parquet, and put it into a bucket",
        discussion: """
            Downloads one shard of a date: each instrument's csv.gz is converted on the way and appears in the bucket only when it \
            is complete and checked, as DATE/TYPE/VENUE/SYMBOL/TYPE_DATE_SYMBOL_KIND.parquet. What is there already is skipped, so \
            running it again finishes what is missing.

            Two subcommands work on files: convert and describe.
            """,
        options: DateOptions.options("to download") + [
            .value(
                "shard-index",
                "I",
                help: "This shard; instrument i of the registry belongs to shard i mod N.",
                environment: "SHARD_INDEX",
                defaultValue: "0",
                check: .integer(0...Int.max)
            ),
            .value(
                "total-shards",
                "N",
                help: "How many shards there are.",
                environment: "TOTAL_SHARDS",
                defaultValue: "1",
                check: .integer(1...Int.max)
            ),
            .value(
                "shard-offset",
                "N",
                help: "Tell the shard by the VM's name, PREFIX-NUMBER: it is NUMBER - N.",
                environment: "SHARD_OFFSET",
                check: .integer(0...Int.max)
            ),
            .value(
                "plan",
                "NAME",
                help:
                    "Take instruments, types and shards from this plan of the bucket, _runs/DATE/NAME, as a fleet's VMs do.",
                environment: "PLAN",
                defaultText: "made from the registry and these options",
                check: ValueCheck { PlanName($0) == nil ? "is no plan's name: plan.json or plan.ID.json" : nil }
            ),
            SharedOptions.instrumentsFile,
            SharedOptions.symbols,
            SharedOptions.venues,
            SharedOptions.dataTypes,
            SharedOptions.maxInstruments,
            .value(
                "max-workers",
                "N",
                help: "Files in flight; one stream from Tardis is slow, many together are not.",
                environment: "MAX_CONCURRENT_REQUESTS",
                defaultValue: "32",
                check: .integer(1...256)
            ),
            bucket,
            SharedOptions.credentials, SharedOptions.insecureEndpoints,
            SharedOptions.project,
            .flag("force", help: "Download again what is there already."),
            StandardOptions.dryRun,
            .value(
                "vm-name",
                "NAME",
                help: "The name that the heartbeat is written under.",
                environment: "VM_NAME",
                defaultText: "local- and the shard"
            ),
            .flag(
                "watch-preemption",
                help: "Watch Compute Engine's notice that it takes this VM away; then end in order, with status 5.",
                environment: "WATCH_PREEMPTION"
            ),
            .value(
                "secret",
                "NAME",
                help: "Where TARDIS_API_KEY is not set: read the key from Secret Manager, "
                    + "projects/PROJECT/secrets/NAME/versions/VERSION.",
                environment: "TARDIS_API_KEY_SECRET",
                defaultText: "no key, which gives the first day of each month",
                check: ValueCheck { text in
                    SecretName(text, project: "")?.version == nil
                        ? "is not like projects/PROJECT/secrets/NAME/versions/VERSION" : nil
                }
            ),
            .value(
                "tardis-base-url",
                "URL",
                help: "Where the data sets are; file:///DIR reads a folder in Tardis's layout.",
                environment: "TARDIS_BASE_URL",
                defaultValue: "https://datasets.tardis.dev"
            ),
            .value(
                "tardis-api-url",
                "URL",
                help: "Where the catalogue is.",
                environment: "TARDIS_API_URL",
                defaultValue: "https://api.tardis.dev/v1"
            ),
            .value(
                "tardis-timeout",
                "SECONDS",
                help: "How long a transfer may make no progress.",
                environment: "TARDIS_TIMEOUT",
                defaultValue: "120",
                check: .integer(1...86_400)
            ),
            .value(
                "tardis-max-retries",
                "N",
                help: "How often a request is tried again while nothing comes.",
                environment: "TARDIS_MAX_RETRIES",
                defaultValue: "8",
                check: .integer(0...1000)
            ),
            SharedOptions.envFile,
            SharedOptions.logLevel,
            StandardOptions.output,
            StandardOptions.progress,
        ],
        subcommands: [convert, describe],
        requiresSubcommand: false,
        examples: [
            .init("vm-data-downloader --date 2023-05-23", "all instruments of a day into the bucket of GCS_BUCKET"),
            .init(
                "vm-data-downloader --date 2023-05-01 --symbols BTCUSDT --bucket ./data",
                "a free day of one symbol into a folder, no key needed"
            ),
            .init("vm-data-downloader convert trades.csv.gz trades.parquet", "one file on disk"),
        ],
        environment: [SharedOptions.tardisKey]
    )

    private static let bucket: OptionSpec = {
        var option = SharedOptions.bucket
        option.kind = .value(placeholder: "PLACE")
        option.help = "Where the data goes: gs://BUCKET, a bucket's name, or a folder (a path with a slash)."
        return option
    }()

    private static let convert = CommandSpec(
        name: "convert",
        summary: "convert one csv.gz (or plain csv) to Parquet",
        options: [
            .value(
                "data-type",
                "TYPE",
                help: "What the file holds; its columns must then all be there.",
                defaultText: "told by the header",
                allowed: TickType.allCases.map(\.rawValue)
            ),
            .value(
                "zstd-level",
                "N",
                help: "How hard zstd tries: the higher, the smaller and the slower.",
                defaultValue: "1",
                check: .integer(1...19)
            ),
            .flag(
                "plain-encodings",
                help: "Write no delta encodings: larger, but fastparquet, which misreads them, reads it right."
            ),
            .value(
                "threads",
                "N",
                help: "Threads that compute.",
                defaultText: "one a core",
                check: .integer(1...256)
            ),
            .flag(
                "timings",
                help:
                    "Show on stderr the CPU time of each stage, of all threads together, and how much CSV text that is a second. "
                    + "\"other\" is the start, reading the file, and the threads' waking each other."
            ),
        ],
        arguments: [
            ArgumentSpec("IN", help: "The csv.gz; - reads standard input."),
            ArgumentSpec(
                "OUT",
                help:
                    "The Parquet file; it appears when it is complete, in place of one that is there. - writes to standard "
                    + "output."
            ),
        ],
        examples: [
            .init("vm-data-downloader convert trades.csv.gz trades.parquet", "one file"),
            .init("vm-data-downloader convert - - <quotes.csv.gz >quotes.parquet", "in a pipe"),
        ],
        inheritsOptions: false,
        statuses: fileStatuses
    )

    private static let describe = CommandSpec(
        name: "describe",
        summary: "show what a Parquet file holds and how",
        options: [StandardOptions.output],
        arguments: [ArgumentSpec("FILE", help: "The Parquet file.")],
        inheritsOptions: false,
        statuses: fileStatuses
    )

    /// How work on files alone can end.
    private static let fileStatuses: [ExitStatus] = [.done, .failed, .usage, .integrity, .interrupted, .terminated]
}
