import Common
import Console
import GoogleCloud

/// The command line of `cleanup-tick-vms`.
enum CleanupOptions {
    static let state: OptionSpec = .list(
        "state",
        "STATE",
        help: "Only VMs in these states, such as TERMINATED for those that were stopped or preempted.",
        defaultText: "all",
        allowed: ComputeInstance.Status.allCases.filter { $0 != .unknown }.map(\.rawValue)
    )
    static let olderThan: OptionSpec = .value(
        "older-than",
        "TIME",
        help: "Only what was made at least so long ago: 30m, 2h, 1d.",
        check: .duration(.zero...(.seconds(86_400 * 3_650)), "at most ten years")
    )

    static let command = CommandSpec(
        name: "cleanup-tick-vms",
        summary: "delete the kit's VMs and what belongs to them",
        discussion: """
            Deletes the VMs of the kit in all zones of the project, waits until they are gone and looks again; then disks that \
            such VMs left behind, and the shared egress of regions where no VM of the kit is left. A VM is the kit's when its \
            name is exactly the prefix, a dash and a number, and it has the label tick-kit; nothing else is ever touched.

            On a terminal it shows the list and asks; --yes answers that question, and a no leaves everything with status 0. \
            Without a terminal it goes on without asking.

            VMs that run and whose heartbeats in the bucket do not say that their shards are finished are at work. They are \
            deleted only if you answer a second question, or with --force. Without a terminal and --force they are left, the \
            others are deleted, and the status is 3, or 2 when all VMs were left so. A stopped VM is never at work: \
            what it finished is in the bucket, and orchestrate-tick-download downloads the rest.

            What is gone already counts as deleted. The status is 7 when something is still there in the end. Do not run it \
            while a launch is under way in the same region, as that needs the egress.
            """,
        options: [
            .list(
                "date",
                "DATE",
                help: "Only VMs that download one of these dates.",
                defaultText: "all",
                check: .date
            ),
            state,
            olderThan,
            StandardOptions.dryRun,
            StandardOptions.yes,
            .flag("force", help: "Delete VMs that are at work, too, without asking; implies --yes."),
            .flag("keep-egress", help: "Leave the shared egress (router, NAT, address), which costs by the hour."),
            SharedOptions.project,
            SharedOptions.vmNamePrefix,
            SharedOptions.bootLimit,
            SharedOptions.bucket,
            SharedOptions.credentials, SharedOptions.insecureEndpoints,
            SharedOptions.envFile,
            StandardOptions.output,
            StandardOptions.progress,
        ],
        examples: [
            .init("cleanup-tick-vms", "Deletes all VMs of the kit whose work is over."),
            .init("cleanup-tick-vms --dry-run --date 2023-05-23", "Shows what would become of one date's VMs."),
            .init(
                "cleanup-tick-vms --state TERMINATED --older-than 1d --yes",
                "Deletes what has been stopped since yesterday."
            ),
            .init("cleanup-tick-vms --force", "Deletes everything at once, unfinished shards included."),
        ],
        environment: [
            EnvironmentSpec(
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE",
                help: "Another address of Compute Engine, such as tick-sandbox."
            ),
            EnvironmentSpec(
                "STORAGE_EMULATOR_HOST",
                help: "The address of a Cloud Storage emulator, such as tick-sandbox."
            ),
        ]
    )
}
