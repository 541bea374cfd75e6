import FleetModel
import Common
import Console

/// The command line of `orchestrate-tick-download`.
enum OrchestrateOptions {
    static let command = CommandSpec(
        name: "orchestrate-tick-download",
        summary: "create the fleet of VMs that downloads one or more dates",
        discussion: """
            Looks at what the bucket holds and which VMs exist, and makes only the VMs that are missing for the dates to \
            become complete; running it again heals what was lost, and does nothing when nothing is missing. VM i of the run \
            downloads shard i: every N-th instrument of the registry.

            Everything is checked before anything is made, and all findings are listed at once.
            """,
        options: DateOptions.options("to download") + plan + machines + connections + flow + settings,
        examples: [
            .init("orchestrate-tick-download --date 2023-05-23", "60 VMs download all instruments of a day"),
            .init(
                "orchestrate-tick-download --date 2023-05-23 --wait --yes",
                "stays until the day is complete, and replaces VMs that were preempted"
            ),
            .init("orchestrate-tick-download --date 2023-05-23 --dry-run", "shows what would be done"),
            .init(
                "orchestrate-tick-download --date 2023-05-01 --local 4 --bucket ./data --symbols BTCUSDT",
                "four processes of this machine instead of VMs, into a folder"
            ),
        ],
        environment: [SharedOptions.tardisKey]
    )

    private static let plan: [OptionSpec] = section(
        "Plan",
        [
            .value(
                "instances",
                "N",
                help: "How many VMs; fewer when there are fewer instruments.",
                environment: "TICK_INSTANCES",
                defaultValue: "60",
                check: .integer(1...5_000)
            ),
            .value(
                "start-shard",
                "I",
                help: "The first shard to download.",
                defaultText: "0",
                check: .integer(0...4_999)
            ),
            .value(
                "end-shard",
                "I",
                help: "The last shard to download, included.",
                defaultText: "the last one",
                check: .integer(0...4_999)
            ),
            SharedOptions.venues,
            SharedOptions.symbols,
            SharedOptions.dataTypes,
            SharedOptions.maxInstruments,
            SharedOptions.instrumentsFile,
            bucket,
        ]
    )

    private static let machines: [OptionSpec] = section(
        "Machines",
        [
            SharedOptions.project,
            zone,
            .list(
                "zones",
                "ZONE",
                help: "The zones to try, in this order; all of one region.",
                environment: "TICK_ZONES",
                defaultText: "the zone, then the others of its region"
            ),
            SharedOptions.machineType,
            SharedOptions.diskSize,
            SharedOptions.diskType,
            SharedOptions.imageFamily,
            SharedOptions.imageProject,
            SharedOptions.preemptible,
            .flag(
                "shielded-vm",
                help: "Make Shielded VMs: Secure Boot, vTPM and integrity monitoring; for images that support it.",
                environment: "TICK_SHIELDED_VM",
                negatable: true,
                defaultValue: true
            ),
            SharedOptions.serviceAccount,
            SharedOptions.repository,
            .value(
                "image",
                "IMAGE",
                help: "The container image that the VMs run.",
                environment: "TICK_IMAGE",
                defaultText: "market-tick-data-handler:latest of the repository"
            ),
            SharedOptions.vmNamePrefix,
            SharedOptions.bootLimit,
            .value(
                "max-run-duration",
                "TIME",
                help: "The longest life of a VM, such as 90m, 4h or 1d; then the platform ends it.",
                environment: "TICK_MAX_RUN_DURATION",
                defaultValue: "24h",
                check: .runTime
            ),
            .flag(
                "keep-vms",
                help: "VMs stay when their work is over, and are stopped, not deleted, when they are preempted.",
                environment: "TICK_KEEP_VMS"
            ),
        ]
    )

    private static let connections: [OptionSpec] = section(
        "Network and key",
        [
            .value(
                "network",
                "NAME",
                help: "The VMs' network.",
                environment: "TICK_NETWORK",
                defaultText: "default"
            ),
            .value(
                "subnet",
                "NAME",
                help: "The VMs' subnetwork, in the region of the zones; one of a Shared VPC by its full path.",
                environment: "TICK_SUBNET",
                defaultText: "the network's own in the region"
            ),
            .value(
                "egress",
                "HOW",
                help: """
                    How VMs reach Tardis, which locks a key to one address: shared is one address for all (Cloud NAT), direct is \
                    one for each VM; auto is shared for more than one VM unless the key's plan allows several addresses.
                    """,
                environment: "TICK_EGRESS",
                defaultValue: "auto",
                allowed: ["auto", "shared", "direct"]
            ),
            .value(
                "secret",
                "NAME",
                help: """
                    The secret in Secret Manager that holds the Tardis key: NAME, or \
                    projects/P/secrets/NAME[/versions/V]. It must be there.
                    """,
                environment: "TICK_SECRET",
                defaultText: "tardis-api-key, made from TARDIS_API_KEY where Secret Manager is enabled"
            ),
            .flag(
                "plain-key",
                help:
                    "The key may stand in the VMs' metadata, which viewers of the project can read, where there is no Secret Manager.",
                environment: "TICK_PLAIN_KEY",
                negatable: true,
                defaultValue: true
            ),
            SharedOptions.credentials, SharedOptions.insecureEndpoints,
            .value(
                "tardis-api-url",
                "URL",
                help: "Where Tardis's catalogue is.",
                environment: "TARDIS_API_URL",
                defaultValue: "https://api.tardis.dev/v1"
            ),
        ]
    )

    private static let flow: [OptionSpec] = section(
        "What is done",
        [
            .flag("wait", help: "Stay until the dates are complete; replace what is preempted or lost."),
            .value(
                "poll",
                "SECONDS",
                help: "How often --wait looks.",
                environment: "TICK_POLL",
                defaultValue: "15",
                check: .seconds
            ),
            StandardOptions.dryRun,
            StandardOptions.yes,
            .value(
                "local",
                "N",
                help: """
                    Run the plan as N processes of vm-data-downloader on this machine, into any bucket or folder, and wait for \
                    them; N is the number of cores unless given.
                    """,
                check: ValueCheck { text in
                    if text == "auto" { return nil }
                    return ValueCheck.integer(1...256).complaint(text)
                },
                bareValue: "auto"
            ),
        ]
    )

    private static let settings: [OptionSpec] = [
        .value(
            "prices",
            "FILE",
            help: "The price table of the estimate.",
            environment: "TICK_PRICES",
            defaultText: "orchestration/prices.csv",
            completion: .files
        ),
        SharedOptions.envFile,
        SharedOptions.logLevel,
        StandardOptions.output,
        StandardOptions.progress,
    ]

    private static let zone: OptionSpec = {
        var option = SharedOptions.zone
        option.help = "The zone. Given here, no other is tried; otherwise the others of its region are fallbacks."
        return option
    }()

    private static let bucket: OptionSpec = {
        var option = SharedOptions.bucket
        option.kind = .value(placeholder: "PLACE")
        option.help =
            "Where the data goes: gs://BUCKET or a bucket's name; with --local also a folder (a path with a slash)."
        return option
    }()

    private static func section(_ title: String, _ options: [OptionSpec]) -> [OptionSpec] {
        options.map { option in
            var option = option
            option.section = title
            return option
        }
    }
}
