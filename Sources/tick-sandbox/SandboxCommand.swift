import Console
import Sandbox

/// The command line of `tick-sandbox`.
let sandboxCommand = CommandSpec(
    name: "tick-sandbox",
    summary: "local stand-ins for Tardis and Google Cloud Storage on 127.0.0.1",
    discussion: """
        Runs until SIGINT or SIGTERM, or as long as COMMAND runs, which gets the environment that points clients at the \
        stand-ins, and whose exit status becomes its own.

        Faults
        \(FaultRule.syntax.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        On the command line a comma sets off rules; within a message it is written %2C.
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
        .list("fault", "RULE", help: "Something that goes wrong, see above.", check: ValueCheck(Options.ruleComplaint)),
        .value("faults", "FILE", help: "Such rules, one a line.", completion: .files),
        .value("record", "FILE", help: "Append every request as a line of JSON.", completion: .files),
        .flag("print-env", help: "Write the environment to stdout as export lines, once everything listens."),
        .value("env-file", "FILE", help: "Write the environment to a file, in one piece.", completion: .files),
    ],
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

private func port(_ name: String, _ help: String) -> OptionSpec {
    .value(name, "PORT", help: help, defaultText: "a free one", check: .integer(0...65_535))
}
