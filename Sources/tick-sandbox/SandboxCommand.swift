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

        What the organisation forbids (--org-policy); a request against it is refused with 412
        \(OrgPolicy.syntax.split(separator: "\n").joined(separator: "\n"))

        The project is a new one: only the APIs that Google enables by itself are on, so that setup-iam --enable-apis, or gcloud \
        services enable, has to come first, or --enable-api prepared. Virtual machines have what the project's, the \
        bucket's, the secret's or the repository's policy grants to their account; the operator owns the project.
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
        .list("bucket", "NAME", help: "Make this bucket at the start, in asia-northeast1."),
        .list(
            "bucket-kind",
            "[BUCKET=]KIND",
            help: "What is special about one, or all, of them: \(BucketSettings.kinds).",
            check: ValueCheck { Options.bucketKind($0) == nil ? "is no kind of bucket" : nil }
        ),
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
        help:
            "The enabled APIs beside those of a new project, such as secretmanager.googleapis.com. runbook stands for \(CloudProject.runbookAPIs.joined(separator: ", ")); prepared for these and \(CloudProject.preparedAPIs.dropFirst(CloudProject.runbookAPIs.count).joined(separator: ", ")).",
        defaultText: "none",
        section: project
    ),
    .value(
        "api-delay",
        "TIME",
        help: "So long after it was enabled an API still answers that it is not: 20s, 500ms, 2m.",
        defaultText: "0",
        check: ValueCheck { parseMilliseconds($0) == nil ? "is no time" : nil },
        section: project
    ),
    .value(
        "grant-delay",
        "TIME",
        help: "So long after a grant the virtual machines it is for are still refused.",
        defaultText: "0",
        check: ValueCheck { parseMilliseconds($0) == nil ? "is no time" : nil },
        section: project
    ),
    .list(
        "org-policy",
        "NAME[=VALUE:VALUE]",
        help: "What the organisation forbids, see above.",
        check: ValueCheck(Options.policyComplaint),
        section: project
    ),
    .value(
        "build-account",
        "KIND",
        help:
            "Cloud Build works as the Compute Engine account (compute), which may push only what it was granted, as in projects since 2024; or as one of its own that may push (legacy).",
        defaultValue: "compute",
        check: ValueCheck { ["compute", "legacy"].contains($0) ? nil : "is neither compute nor legacy" },
        section: project
    ),
    .flag("no-default-network", help: "The network default was deleted.", section: project),
    .flag(
        "require-quota-project",
        help: "Users' requests to the newer services must name a project to count on (x-goog-user-project).",
        section: project
    ),
    .value(
        "clock-skew",
        "SECONDS",
        help: "Google's and Tardis's clocks are so far ahead of this machine's; behind it when negative.",
        defaultText: "0",
        check: ValueCheck { Int($0).map { abs($0) <= 100_000_000 } == true ? nil : "is no number of seconds" },
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
        help: "Nobody has this permission, such as compute.instances.create or iam.serviceAccounts.actAs.",
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
    .list(
        "key-covers",
        "EXCHANGE[=FROM..TO]",
        help: "What Tardis's key opens, TO being the first day that it does not; none for nothing.",
        defaultText: "everything",
        check: ValueCheck { KeyCoverage($0) == nil ? "is not EXCHANGE=FROM..TO" : nil },
        section: project
    ),
    .value(
        "key-lock",
        "SECONDS",
        help:
            "Tardis's key is locked to the address that used it last, until so long after that: 127.0.0.1 and the like, and for virtual machines their own address or their Cloud NAT's.",
        defaultText: "no lock",
        check: .integer(0...86_400),
        section: project
    ),
    .value(
        "link-lifetime",
        "SECONDS",
        help: "How long the links to Tardis's storage can be used.",
        defaultText: "300",
        check: .integer(0...86_400),
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
