public import FleetModel
public import Console

/// Options that more than one tool has, each with the runbook's variable and default.
public enum SharedOptions {
    public static let project = setting("project", "ID", "GCP_PROJECT_ID", "The Google Cloud project.")
    public static let serviceAccount = setting(
        "service-account",
        "EMAIL",
        "SERVICE_ACCOUNT",
        "The service account that the VMs run as."
    )
    public static let bucket = setting("bucket", "NAME", "GCS_BUCKET", "The bucket that holds the data.")
    public static let repository = setting(
        "repository",
        "PATH",
        "ARTIFACT_REPOSITORY",
        "The Artifact Registry repository of the Docker image."
    )
    public static let zone = setting("zone", "ZONE", "GCP_ZONE", "The Compute Engine zone.")
    public static let machineType = setting("machine-type", "TYPE", "MACHINE_TYPE", "The VMs' machine type.")
    public static let diskSize = setting("disk-size", "SIZE", "DISK_SIZE", "The VMs' disk size, such as 100GB.")
    public static let diskType = setting("disk-type", "TYPE", "DISK_TYPE", "The VMs' disk type.")
    public static let imageFamily = setting("image-family", "NAME", "IMAGE_FAMILY", "The VMs' image family.")
    public static let imageProject = setting("image-project", "ID", "IMAGE_PROJECT", "The project of the image family.")
    public static let vmNamePrefix = setting(
        "vm-name-prefix",
        "TEXT",
        "VM_NAME_PREFIX",
        "What the VMs' names begin with, before a dash and a number."
    )
    public static let bootLimit: OptionSpec = .value(
        "boot-limit",
        "SECONDS",
        help:
            "A VM without a first heartbeat so long after its start counts as lost; later ones come each 10 s, and one that was heard is "
            + "lost after 5 minutes without.",
        environment: "VM_BOOT_LIMIT",
        defaultValue: "900",
        check: .integer(60...86_400)
    )

    /// When VMs count as lost, as the options say.
    public static func liveness(_ arguments: ParsedArguments) throws -> LivenessRules {
        var rules = LivenessRules()
        if let seconds = try arguments.int(bootLimit.name) { rules.boot = .seconds(seconds) }
        return rules
    }
    public static let preemptible: OptionSpec = .flag(
        "preemptible",
        help: "Run on preemptible VMs, which cost less and may be ended at any time.",
        environment: "PREEMPTIBLE",
        negatable: true,
        defaultValue: DeploymentDefaults.values["PREEMPTIBLE"] == "true"
    )
    public static let credentials: OptionSpec = .value(
        "credentials",
        "FILE",
        help: "The Google credentials file.",
        environment: "GCP_CREDENTIALS_PATH",
        defaultText: "GOOGLE_APPLICATION_CREDENTIALS, gcloud's login, or the VM's service account",
        completion: .files
    )
    /// What is said of an address to which keys or tokens must not go.
    static let insecure =
        "is a plain http address of another machine, and keys and tokens would go there for all to read; use https, "
        + "or --\(insecureEndpoints.name) where nobody else can read along"

    /// `--insecure-endpoints`: by the command line only, as what sets an address could set it, too.
    public static let insecureEndpoints: OptionSpec = .flag(
        "insecure-endpoints",
        help:
            "Send keys and tokens to plain http addresses of other machines, too, for emulators in a network of one's own."
    )
    public static let symbols: OptionSpec = .list(
        "symbols",
        "SYMBOL",
        help: "Only these symbols of the registry.",
        environment: "SYMBOLS",
        defaultText: "all"
    )
    public static let venues: OptionSpec = .list(
        "venues",
        "VENUE",
        help: "Only these venues.",
        environment: "VENUES",
        defaultText: "all",
        allowed: Venue.allCases.map(\.rawValue)
    )
    public static let dataTypes: OptionSpec = .list(
        "data-types",
        "TYPE",
        help: "Only these data types, where an instrument has them.",
        environment: "DATA_TYPES",
        defaultText: "those of each instrument's kind",
        allowed: DataType.allCases.map(\.rawValue)
    )
    public static let maxInstruments: OptionSpec = .value(
        "max-instruments",
        "N",
        help: "At most this many instruments, the registry's first.",
        environment: "MAX_INSTRUMENTS",
        check: .integer(1...Int.max)
    )
    public static let instrumentsFile: OptionSpec = .value(
        "instruments",
        "FILE",
        help: "The instrument registry, a CSV file of venue,symbol,kind.",
        environment: "INSTRUMENTS_FILE",
        defaultText: "orchestration/instruments.csv",
        completion: .files
    )

    /// `--env-file`: read instead of `.env`.
    public static let envFile: OptionSpec = .value(
        "env-file",
        "FILE",
        help: "Read settings from this file instead of .env in the current directory.",
        completion: .files
    )
    public static let logLevel: OptionSpec = .value(
        "log-level",
        "LEVEL",
        help: "DEBUG, INFO, WARNING or ERROR; LOG_LEVEL says the same, --verbose and --quiet go before it."
    )

    /// The Tardis key: a variable only, as command lines are visible to all users of a machine.
    public static let tardisKey = EnvironmentSpec("TARDIS_API_KEY", help: "The Tardis API key.", isSecret: true)

    private static func setting(_ name: String, _ placeholder: String, _ variable: String, _ help: String) -> OptionSpec
    {
        .value(
            name,
            placeholder,
            help: help,
            environment: variable,
            defaultValue: DeploymentDefaults.values[variable]
        )
    }
}

extension ValueCheck {
    /// A date as `CalendarDate` reads it.
    public static let date = ValueCheck { text in
        CalendarDate(text) == nil ? "is not a date like 2023-05-23" : nil
    }
}
