import Console
import Sandbox

/// The command line of `tick-sandbox`.
let sandboxCommand = CommandSpec(
    name: "tick-sandbox",
    summary: "local stand-ins for Tardis and Google Cloud on 127.0.0.1",
    discussion: """
        Runs until SIGINT or SIGTERM, or as long as COMMAND runs, which gets the environment that points clients at the \
        stand-ins, and whose exit status becomes its own.

        Faults
        \(FaultRule.syntax.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

        What goes wrong in Compute Engine (--compute-fault)
        \(ComputeFault.syntax.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        On the command line a comma sets off rules; within a rule it is written %2C.
        """,
    options: [
        .value(
            "data",
            "DIR",
            help: "Real csv.gz files: EXCHANGE/TYPE/YYYY/MM/DD/SYMBOL.csv.gz or EXCHANGE_TYPE_DATE_SYMBOL*.csv.gz.",
            check: ValueCheck { Files.isDirectory($0) ? nil : "is no directory" },
            completion: .directories
        ),
        .value(
            "store",
            "DIR",
            help: "Where Cloud Storage keeps its objects.",
            defaultText: "a temporary directory",
            completion: .directories
        ),
        .list("bucket", "NAME", help: "Make this bucket at the start."),
        .value(
            "instruments",
            "FILE",
            help: "CSV with the columns venue and symbol; venues are binance-spot (binance) and binance-futures.",
            completion: .files
        ),
        .value(
            "rows",
            "N",
            help: "Rows of each generated file.",
            defaultText: "2000",
            check: ValueCheck { parseByteCount($0).map { $0 >= 0 } == true ? nil : "is no number" }
        ),
        .value(
            "bytes",
            "SIZE",
            help: "About so many bytes of CSV text in each generated file, such as 200M, instead of --rows.",
            check: ValueCheck { parseByteCount($0).map { $0 >= 0 } == true ? nil : "is no number" }
        ),
        .value(
            "exported-until",
            "DATE",
            help: "The first day that Tardis has not exported yet.",
            defaultText: "today",
            check: ValueCheck { TickDay($0) == nil ? "is no date YYYY-MM-DD" : nil }
        ),
        .list(
            "empty",
            "GLOB=FORM",
            help: "Datasets without rows; FORM is zero, gzip, header or header-without-newline.",
            check: ValueCheck { Options.emptiness($0) == nil ? "is not GLOB=FORM" : nil }
        ),
        port("tardis-port", "Tardis's port."),
        port("gcs-port", "Cloud Storage's port for http."),
        port("gcs-https-port", "Cloud Storage's port for https."),
        .list(
            "port",
            "SERVICE=PORT",
            help: "Ports of the other services: \(Options.otherPorts.joined(separator: ", ")).",
            check: ValueCheck { Options.otherPort($0) == nil ? "is not SERVICE=PORT" : nil }
        ),
        .list("fault", "RULE", help: "Something that goes wrong, see above.", check: ValueCheck(Options.ruleComplaint)),
        .value("faults", "FILE", help: "Such rules, one a line.", completion: .files),
        .value("record", "FILE", help: "Append every request as a line of JSON.", completion: .files),
        .value(
            "latency",
            "MS",
            help: "Milliseconds that every request waits before it is worked on.",
            defaultText: "0",
            check: .integer(0...600_000)
        ),
        .flag("print-env", help: "Write the environment to stdout as export lines, once everything listens."),
        .value("env-file", "FILE", help: "Write the environment to a file, in one piece.", completion: .files),
    ] + projectOptions + machineOptions,
    arguments: [
        ArgumentSpec("COMMAND", help: "Behind --: a command with its arguments, run in that environment.", arity: .any)
    ],
    examples: [
        .init(
            "tick-sandbox --bucket market-data-tick -- gsutil ls",
            "Runs gsutil against an empty bucket."
        )
    ],
    environment: [
        EnvironmentSpec(
            "TICK_SANDBOX_TARDIS_KEY",
            help: "The key for days other than the first of a month. COMMAND does not see it.",
            isSecret: true
        ),
        EnvironmentSpec(
            "TICK_SANDBOX_GCS_TOKEN",
            help: "A token that Cloud Storage asks for. COMMAND does not see it.",
            isSecret: true
        ),
    ]
)

private let projectOptions: [OptionSpec] = [
    .value("project", "ID", help: "The project's id.", defaultValue: "central-element-323112", section: project),
    .list("service-account", "EMAIL", help: "A service account beside the project's own.", section: project),
    .list(
        "enable-api",
        "NAME",
        help: "The enabled APIs, such as secretmanager.googleapis.com, or none, beside those that all projects have.",
        defaultText: CloudProject.runbookAPIs.joined(separator: ", "),
        section: project
    ),
    .list(
        "image-planted",
        "REF",
        help: "Images in Artifact Registry, LOCATION-docker.pkg.dev/PROJECT/REPOSITORY[/IMAGE[:TAG]], or none.",
        defaultText: "the runbook's repository with its image",
        check: ValueCheck { $0 == "none" || ImageReference($0) != nil ? nil : "is no image" },
        section: project
    ),
    .list(
        "deny-permission",
        "NAME",
        help: "Nobody has this permission, such as compute.instances.create.",
        section: project
    ),
    .value(
        "policy-race",
        "N",
        help: "Somebody else changes the project's policy before each of the next N writes of it.",
        defaultText: "0",
        check: .integer(0...1_000),
        section: project
    ),
    .value(
        "token-lifetime",
        "SECONDS",
        help: "How long tokens live.",
        defaultText: "3600",
        check: .integer(0...86_400),
        section: project
    ),
    .flag("revoke-credentials", help: "The key file is refused, as if its key had been deleted.", section: project),
    .value(
        "key-plan",
        "PLAN",
        help: "What Tardis says of the key's plan, such as pro or business.",
        defaultValue: "pro",
        section: project
    ),
]

private let machineOptions: [OptionSpec] = [
    .list(
        "compute-fault",
        "RULE",
        help: "Something that goes wrong in Compute Engine, see above.",
        check: ValueCheck(Options.computeRuleComplaint),
        section: machines
    ),
    .list(
        "quota",
        "METRIC=N",
        help: "Another limit than the usual one, such as CPUS=24.",
        check: ValueCheck { Options.quota($0) == nil ? "is not METRIC=N" : nil },
        section: machines
    ),
    .value(
        "vm-programs",
        "DIR",
        help:
            "VMs run their startup-script on this machine, and containers the programs in DIR. Without it they only stand there.",
        check: ValueCheck { Options.absoluteDirectory($0) == nil ? "is no directory" : nil },
        completion: .directories,
        section: machines
    ),
    .value(
        "vm-processes",
        "N",
        help: "How many VMs run their script at once.",
        defaultText: "16",
        check: .integer(1...1_000),
        section: machines
    ),
]

private let project = "Project"
private let machines = "Virtual machines"

private func port(_ name: String, _ help: String) -> OptionSpec {
    .value(name, "PORT", help: help, defaultText: "a free one", check: .integer(0...65_535))
}
