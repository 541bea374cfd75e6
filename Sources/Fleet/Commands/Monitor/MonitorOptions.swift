import Common
import Console

/// The command line of `monitor-tick-download`.
enum MonitorOptions {
    static let command = CommandSpec(
        name: "monitor-tick-download",
        summary: "show how the VMs, shards and files of a download stand",
        discussion: """
            Without a command: the dates that have runs, newest first; on a terminal the overview stays and is drawn again, and q \
            ends it.

            What is shown is read from the bucket and from Compute Engine and is never written: a date costs three requests, one \
            more for each further 500 VMs and 1,000 objects, and for each other date that its VMs work on. Without access to Compute Engine, or with a folder instead of a \
            bucket, VMs are left out and the rest is shown.

            With --exit-status, 0 means that the date is complete, 5 that files are missing and somebody downloads them, 7 that files \
            are missing and nobody does; without a date the worst of all dates shown counts. verify ends with 0, 6 (an object was \
            damaged or replaced) or 7 (one is missing) in any case.
            """,
        options: [
            .value(
                "watch",
                "SECONDS",
                help:
                    "Stay, and look again after so many seconds; with --exit-status until nobody downloads any more. On a "
                    + "terminal q ends it, any other key looks at once; elsewhere each look is printed below the last, JSON in one "
                    + "line.",
                check: .integer(1...86_400),
                bareValue: "10"
            ),
            .flag("exit-status", help: "End with a status that tells how far the date is: 0, 5 or 7."),
            .value(
                "dates",
                "N",
                help: "How many dates the overview shows, the newest.",
                defaultValue: "10",
                check: .integer(1...1_000)
            ),
            StandardOptions.output,
            SharedOptions.project,
            place,
            SharedOptions.credentials, SharedOptions.insecureEndpoints,
            SharedOptions.vmNamePrefix,
            SharedOptions.bootLimit,
            SharedOptions.instrumentsFile,
            SharedOptions.envFile,
            SharedOptions.logLevel,
        ],
        subcommands: [
            CommandSpec(
                name: "all",
                summary: "everything about a date: VMs, shards, files, failures, what to do next",
                arguments: [date()]
            ),
            CommandSpec(
                name: "vms",
                summary: "the kit's VMs, of one date or of all",
                arguments: [date(.optional)]
            ),
            logs,
            CommandSpec(name: "gcs", summary: "what the bucket has of a date, by type and venue", arguments: [date()]),
            CommandSpec(
                name: "verify",
                summary: "check that each expected object of a date is there and agrees with its metadata",
                discussion: """
                    Judged by the listing: name, size, type, columns, rows, times within the day, and the source that the object \
                    says it was made from. The bytes were checked by CRC-32C when they were written.
                    """,
                arguments: [date()]
            ),
            cost,
        ],
        requiresSubcommand: false,
        examples: [
            .init("monitor-tick-download", "all dates, refreshed until q is pressed"),
            .init("monitor-tick-download all 2023-05-23", "everything about a date, once"),
            .init(
                "monitor-tick-download all 2023-05-23 --watch --exit-status",
                "stays until the date is complete or nobody works on it any more"
            ),
            .init("monitor-tick-download logs tick-data-vm-0 --follow", "what a VM says, as it says it"),
            .init("monitor-tick-download verify 2023-05-23 && echo complete", "in a script"),
        ]
    )

    private static let logs = CommandSpec(
        name: "logs",
        summary: "what a VM says or said",
        discussion: """
            The serial console while the VM lives; afterwards the log that it left in the bucket, _runs/DATE/logs/VM.ATTEMPT.log.
            """,
        options: [
            .flag("follow", short: "f", help: "Stay and show what is added, until the VM is gone."),
            .value("date", "DATE", help: "MonitorSnapshot among this date's logs only.", check: .date),
            .value("attempt", "N", help: "This attempt's log from the bucket.", check: .integer(1...1_000_000)),
        ],
        arguments: [ArgumentSpec("VM", help: "The VM's name, or its number.")]
    )

    private static let cost = CommandSpec(
        name: "cost",
        summary: "what a date, or each of the newest dates, costs: an estimate",
        discussion: """
            From the times that VMs ran, the bytes that came, and a table of list prices. What VMs were that are gone is told by \
            the settings for machines.
            """,
        options: [
            .value(
                "prices",
                "FILE",
                help: "The price table.",
                environment: "TICK_PRICES",
                defaultText: "orchestration/prices.csv",
                completion: .files
            ),
            SharedOptions.machineType, SharedOptions.diskSize, SharedOptions.diskType, SharedOptions.preemptible,
            SharedOptions.zone,
        ],
        arguments: [date(.optional)]
    )

    private static func date(_ arity: ArgumentSpec.Arity = .one) -> ArgumentSpec {
        ArgumentSpec("DATE", help: "The day, YYYY-MM-DD (UTC).", arity: arity, check: .date)
    }

    private static let place: OptionSpec = {
        var option = SharedOptions.bucket
        option.kind = .value(placeholder: "PLACE")
        option.help = "Where the data is: gs://BUCKET, a bucket's name, or a folder (a path with a slash)."
        return option
    }()
}
