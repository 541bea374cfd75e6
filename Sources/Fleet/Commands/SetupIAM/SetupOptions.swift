import Common
import Console

/// The command line of `setup-iam`.
enum SetupOptions {
    static let check: OptionSpec = .flag(
        "check",
        help: "Change nothing; the exit status is 7 when something is missing, otherwise 0."
    )
    static let remove: OptionSpec = .flag(
        "remove",
        help: "Take the roles away again. APIs, bucket, repository and secret stay."
    )
    static let enableAPIs: OptionSpec = .flag(
        "enable-apis",
        help:
            "Also enable the APIs of Compute Engine, Cloud Storage, Artifact Registry, Cloud Build, Resource Manager and IAM (with --secret Secret Manager)."
    )
    static let createBucket: OptionSpec = .flag("create-bucket", help: "Also create the bucket if it is not there.")
    static let createRepository: OptionSpec = .flag(
        "create-repository",
        help: "Also create the Docker repository if it is not there."
    )
    static let location: OptionSpec = .value(
        "location",
        "LOCATION",
        help: "Where a new bucket is.",
        defaultText: "the region of --zone"
    )
    static let secret: OptionSpec = .value(
        "secret",
        "NAME",
        help: """
            Also keep the Tardis key in this secret and let the service account read it. The key is TARDIS_API_KEY, otherwise \
            the first line of stdin. A version is added only when the key is another one.
            """
    )
    static let keyFile: OptionSpec = .value(
        "key-file",
        "FILE",
        help: "With --secret: the key is the first line of this file, - for stdin, whatever TARDIS_API_KEY says.",
        completion: .files
    )
    static let leastPrivilege: OptionSpec = .flag(
        "least-privilege",
        help: "Give the roles on the bucket, the repository and the kit's own VMs only; see docs/iam.md."
    )

    static let cloudBuild: OptionSpec = .flag(
        "cloud-build",
        help: """
            Also let the service account build and push the image (roles/cloudbuild.builds.builder), for projects in which Cloud \
            Build runs as it; see docs/iam.md.
            """
    )

    static let command = CommandSpec(
        name: "setup-iam",
        summary: "grant the VMs' service account its roles",
        discussion: """
            Gives the service account the roles roles/storage.objectAdmin, roles/artifactregistry.reader and \
            roles/compute.instanceAdmin on the project, and shows what was there and what was added. What is there already is \
            left alone: when nothing is missing, nothing is written. Other members and conditions stay as they are.
            """,
        options: [
            SharedOptions.project, SharedOptions.serviceAccount, check, StandardOptions.dryRun, remove, enableAPIs,
            createBucket, createRepository, secret, keyFile, leastPrivilege, cloudBuild, SharedOptions.bucket,
            SharedOptions.repository, SharedOptions.zone, location, SharedOptions.vmNamePrefix, StandardOptions.yes,
            SharedOptions.credentials, SharedOptions.insecureEndpoints, SharedOptions.envFile, StandardOptions.output,
        ],
        examples: [
            .init("setup-iam", "Adds what is missing."),
            .init("setup-iam --check", "Says whether something is missing."),
            .init(
                "setup-iam --enable-apis --create-bucket --create-repository --secret tardis-api-key",
                "Prepares a new project."
            ),
            .init("setup-iam --remove --dry-run", "Shows which roles would be taken away."),
        ],
        environment: [SharedOptions.tardisKey]
    )
}
